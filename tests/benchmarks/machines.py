"""What a measurement was made on and with."""

import datetime
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("pairmatch", "numpy", "scipy", "ortools", "lapx")


def describe_machine() -> dict[str, Any]:
    """Return processor, memory, date, versions and how busy the machine is."""
    return {
        "processor": name_processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        # Matrix products use all cores unless told otherwise; beside other work one is faster.
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS", "all"),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "load": round(psutil.getloadavg()[0], 1),
        "versions": {"python": platform.python_version()} | find_versions(),
    }


def name_processor() -> str:
    """Return the processor's name."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def find_versions() -> dict[str, str]:
    """Return the versions of what was measured, as far as it is installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def measure_peak() -> float:
    """Return the most memory that this process has used so far, in GB."""
    status = Path("/proc/self/status")
    if status.exists():
        # What a child inherits from its parent is not in this figure, unlike in that of `resource`.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e9
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9
