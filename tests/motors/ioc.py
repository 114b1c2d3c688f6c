"""Two motors, for clients of motor records."""

from bridge import run
from records import PVGroup, motor


class Motors(PVGroup):
    """One as it comes, one with another direction, an offset and backlash."""

    m1 = motor(1.0, velo=10.0, accl=0.1, jvel=1.0, mres=0.001, hlm=10, llm=-10, egu="mm", prec=3)
    m2 = motor(
        0.0,
        velo=10.0,
        accl=0.1,
        mres=0.01,
        hlm=20,
        llm=-20,
        dir="Neg",
        bdst=0.5,
        bvel=5.0,
        bacc=0.1,
        egu="deg",
        dly=0.1,
    )


if __name__ == "__main__":
    run(Motors)
