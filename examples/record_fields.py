#!/usr/bin/env python3
"""Records: PVs with the fields of their EPICS types, some of which do something of our own."""

from bridge import PVGroup, ioc_arg_parser, pvproperty, run


class Records(PVGroup):
    """Two inputs, two outputs and a text."""

    A = pvproperty(value=1.0, record="ai")
    B = pvproperty(value=2.0, record="ao", precision=3)
    C = pvproperty(
        value=0.0,
        record="ai",
        upper_alarm_limit=2.0,
        lower_alarm_limit=-2.0,
        upper_warning_limit=1.0,
        lower_warning_limit=-1.0,
        upper_ctrl_limit=3.0,
        lower_ctrl_limit=-3.0,
        units="mm",
        precision=3,
        doc="with all limits",
    )

    @B.putter
    async def B(self, instance, value):
        if value == 1:
            raise ValueError("anything but 1")  # the put fails, B.STAT is WRITE, the value stays

    @A.fields.RVAL.putter
    async def A(fields, instance, value):
        group = fields.parent.group
        await group.A.write(value)
        await group.B.write(value)

    @B.fields.RVAL.putter
    async def _raw_of_b(fields, instance, value):
        group = fields.parent.group
        await group.B.write(value + 10)
        await group.A.write(value - 10)

    D = pvproperty(value=2.0, precision=3, field_spec=B.field_spec)  # the type and the hooks of B
    E = pvproperty(value="this is a test", record="stringin")


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="mock:", desc=Records.__doc__)
    run(Records(**ioc_options).pvdb, **run_options)
