"""What the speed claims are measured with: ``python -m benchmarks [NAME ...] [--quick] [--rounds N] [--json FILE]``.

Peers are measured in the same go, if the interpreter that this runs with can import them (extra ``bench``).
"""
