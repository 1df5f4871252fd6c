"""Times kernels through jupyter_client, the same way for each. Prints one JSON object."""
import json
import statistics
import sys
import time

from jupyter_client.manager import start_new_kernel

CELLS = 60
BETWEEN = 440


def run(client, code):
    started = time.perf_counter()
    client.execute_interactive(code, timeout=60, output_hook=lambda message: None)
    return (time.perf_counter() - started) * 1000


def one_start(name):
    started = time.perf_counter()
    manager, client = start_new_kernel(kernel_name=name, startup_timeout=60)
    ready = (time.perf_counter() - started) * 1000
    first = run(client, "1+1")
    return manager, client, ready, first


def stop(manager, client):
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def cells(client, template, first, count):
    return [run(client, template.format(i=first + i)) for i in range(count)]


def measure(name, template, starts, long):
    readies, firsts = [], []
    for _ in range(starts):
        manager, client, ready, first = one_start(name)
        readies.append(ready)
        firsts.append(ready + first)
        stop(manager, client)
    manager, client, _, _ = one_start(name)
    cells(client, template, 0, 10)
    early = cells(client, template, 10, CELLS)
    late = []
    if long:
        cells(client, template, 1000, BETWEEN)
        late = cells(client, template, 2000, CELLS)
    stop(manager, client)
    return {
        "ready": statistics.median(readies),
        "first": statistics.median(firsts),
        "warm": statistics.median(early),
        "late": statistics.median(late) if late else None,
    }


if __name__ == "__main__":
    starts = int(sys.argv[1])
    print(json.dumps({
        "vcp": measure("vcp", "const a{i}: number = {i}; a{i} + 1", starts, True),
        "python": measure("python3", "a{i} = {i}; a{i} + 1", starts, True),
        # Stock tslab loses its idle message now and then: few cells only.
        "tslab": measure("tslab-stock", "const a{i}: number = {i}; a{i} + 1", min(starts, 3), False),
    }))
