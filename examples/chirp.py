#!/usr/bin/env python3
"""Updates that come quicker and quicker, beside some that do not: how much can a client follow?"""

from bridge import PVGroup, pvproperty, run, template_arg_parser


class Chirp(PVGroup):
    """`chirp` counts ever faster and then begins anew, `steady` ten times a second."""

    def __init__(self, *args, ramp_rate, **options):
        super().__init__(*args, **options)
        self.ramp_rate = ramp_rate

    chirp = pvproperty(value=0, read_only=True)
    steady = pvproperty(value=0, read_only=True)

    @chirp.startup
    async def chirp(self, instance, async_lib):
        period = 0.5
        while True:
            await instance.write(instance.value + 1)
            await async_lib.sleep(period)
            period = period * self.ramp_rate if period > 1e-4 else 0.5

    @steady.scan(period=0.1)
    async def steady(self, instance, async_lib):
        await instance.write((instance.value + 1) % 1000)


if __name__ == "__main__":
    parser, split = template_arg_parser(default_prefix="chirp:", desc=Chirp.__doc__)
    parser.add_argument("--ramprate", type=float, default=0.75, help="each period is so much of the one before")
    args = parser.parse_args()
    ioc_options, run_options = split(args)
    run(Chirp(ramp_rate=args.ramprate, **ioc_options).pvdb, **run_options)
