"""Zips what `sam build` built, as `sam deploy` uploads it, and checks each package.

Usage: packages.py <architecture> <build folder> <folder for the zips>
"""

import json
import pathlib
import struct
import sys
import zipfile

# `e_machine` of an ELF header.
MACHINES = {"x86_64": 62, "arm64": 183}
# The most bytes of each package: a tenth above what it has. Cold starts read it whole. What remains of the smallest is TLS,
# HTTP/2 and the client of AWS; the others add phone numbers with their regular expressions, and the code of their own.
MAX_ZIPPED = {
    "ConsoleFunction": 6_900_000,
    "EvaluateFunction": 4_700_000,
    "IntakeFunction": 3_600_000,
    "ReconcileFunction": 5_300_000,
    "WriteFunction": 5_500_000,
}


def machine(binary):
    """The machine that an ELF file of 64 bits is for."""
    magic, bits = binary[:4], binary[4]
    if magic != b"\x7fELF" or bits != 2:
        raise ValueError("not an ELF file of 64 bits")
    return struct.unpack_from("<H", binary, 18)[0]


def zip_function(folder, package):
    """Zips a function's folder with the mode of each file."""
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, file.relative_to(folder))


def main():
    architecture, build, zips = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    zips.mkdir(parents=True, exist_ok=True)
    functions = sorted(path.name for path in build.iterdir() if path.is_dir())
    problems = [] if functions == sorted(MAX_ZIPPED) else [f"other functions than expected: {functions}"]
    sizes = {}
    print(f"{'package':<20} {'binary':>12} {'zipped':>12}")
    for function in functions:
        folder, package = build / function, zips / f"{function}.zip"
        files = sorted(path.name for path in folder.rglob("*"))
        if files != ["bootstrap"]:
            problems.append(f"{function} holds {files}")
            continue
        binary = (folder / "bootstrap").read_bytes()
        if machine(binary) != MACHINES[architecture]:
            problems.append(f"{function} is for the machine {machine(binary)}, not for {architecture}")
        zip_function(folder, package)
        sizes[function] = {"binary": len(binary), "zipped": package.stat().st_size}
        print(f"{function:<20} {len(binary):>12,} {sizes[function]['zipped']:>12,}")
        if sizes[function]["zipped"] > MAX_ZIPPED.get(function, 0):
            problems.append(f"{package} has more than {MAX_ZIPPED.get(function, 0):,} bytes")
    (zips / "sizes.json").write_text(json.dumps(sizes, indent=2))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
