"""In production static files have hashed names, and JavaScript modules import each other by these names."""

import json
import re
from pathlib import Path

from tests.workbench.test_production_settings import BASE_DIR, SAFE, start

IMPORT = re.compile(r"""(?:^|[\s;}])(?:import|export)\b[^"';]*?["'](\.{1,2}/[^"']+)["']""")


def test_the_collected_modules_import_only_files_that_are_there_under_hashed_names(tmp_path: Path):
    root = tmp_path / "static"

    finished = start(tmp_path, "manage.py", "collectstatic", "--no-input", WORKBENCH_STATIC_ROOT=str(root), **SAFE)

    assert finished.returncode == 0, finished.stderr
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    own = [name for name in names if name.startswith("annotations/") and name.endswith(".js")]
    assert len(own) == len([*(BASE_DIR / "annotations/static").rglob("*.js")])
    for name in own:
        module = root / names[name]
        for imported in IMPORT.findall(module.read_text(encoding="utf-8")):
            target = (module.parent / imported).resolve().relative_to(root.resolve())
            assert str(target) in names.values(), f"{name} imports {imported} without a hash"
