#!/usr/bin/env python3
"""Setpoints with their readbacks, in one line each."""

from bridge import PVGroup, get_pv_pair_wrapper, ioc_arg_parser, pvproperty, run

with_rbv = get_pv_pair_wrapper(setpoint_suffix="", readback_suffix="_RBV")


class Pairs(PVGroup):
    """Three pairs; the readback follows unless a putter says otherwise."""

    pair = with_rbv(dtype=int, doc="the readback is half of it")
    pair2 = with_rbv(dtype=float)
    pair3 = with_rbv(
        value=False, enum_strings=["No", "Yes"], setpoint_kw={"record": "bo"}, readback_kw={"record": "bi"}
    )
    puts = pvproperty(value=0, read_only=True)

    @pair.setpoint.putter
    async def pair(pair, instance, value):
        await pair.readback.write(value // 2)
        await pair.parent.puts.write(pair.parent.puts.value + 1)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="setpoint_rbv:", desc=Pairs.__doc__)
    run(Pairs(**ioc_options).pvdb, **run_options)
