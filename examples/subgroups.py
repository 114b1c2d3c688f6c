#!/usr/bin/env python3
"""Groups in groups: by class, with options, and written where they belong."""

import random

from bridge import PVGroup, SubGroup, ioc_arg_parser, pvproperty, run


class RecordLike(PVGroup):
    """What looks like a record to a client that asks for its fields."""

    attr_separator = ""  # RECORD_LIKE1.VAL and not RECORD_LIKE1:.VAL

    rtyp = pvproperty(name=".RTYP", value="ai")
    val = pvproperty(name=".VAL", value=1)
    desc = pvproperty(name=".DESC", value="Description")


class Dice(PVGroup):
    """A dice with so many sides."""

    def __init__(self, *args, max_value, **options):
        super().__init__(*args, **options)
        self.max_value = max_value

    @pvproperty
    async def random(self, instance):
        return random.randint(1, self.max_value)


class Subgroups(PVGroup):
    """A PV, and groups of them."""

    @pvproperty
    async def random(self, instance):
        return random.randint(1, 100)

    recordlike1 = SubGroup(RecordLike, prefix="RECORD_LIKE1")
    recordlike2 = SubGroup(RecordLike)
    group1 = SubGroup(Dice, max_value=5)
    group2 = SubGroup(Dice, prefix="group2-", max_value=20)

    @SubGroup(prefix="group3_prefix:")
    class group3(PVGroup):
        @pvproperty
        async def random(self, instance):
            return random.randint(1, 100)

    @SubGroup
    class group4(PVGroup):
        @SubGroup
        class subgroup4(PVGroup):
            @pvproperty
            async def random(self, instance):
                return random.randint(1, 100)


if __name__ == "__main__":
    ioc_options, run_options = ioc_arg_parser(default_prefix="subgroups:", desc=Subgroups.__doc__)
    run(Subgroups(**ioc_options).pvdb, **run_options)
