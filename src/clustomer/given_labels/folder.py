"""What was found of given groups, as a folder."""

from pathlib import Path

import pyarrow.parquet as pq

from clustomer.given_labels.certification import CertifiedLabels
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import write_reports
from clustomer.outputs.tables import write_cleaning, write_cluster_summary
from clustomer.unfinished import check_free, whole_folder
from clustomer.versions import package_versions, to_text


def write_certified(certified: CertifiedLabels, out: Path, *, overwrite: bool = False) -> None:
    """Write a folder: `run.json`, certificates, tables, facts and the report.

    It is whole or not there; what was there stays until then.

    Raises
    ------
    OutputError
        If something is there and is not to be replaced, or it cannot be written.
    """
    check_free(out, overwrite)
    stated, interpretation = certified.to_json(), certified.interpretation
    certificates = stated.pop("certificates")
    with whole_folder(out) as folder:
        run = {"schema_version": 1, "kind": "labels", "packages": package_versions(), **stated}
        (folder / "run.json").write_text(to_text(run), encoding="utf-8", newline="\n")
        (folder / "certificates.json").write_text(
            to_text(certificates), encoding="utf-8", newline="\n"
        )
        pq.write_table(certified.table, folder / "segments.parquet", compression="zstd")
        pq.write_table(
            interpretation.study.customers, folder / "customers.parquet", compression="zstd"
        )
        (folder / "facts.json").write_text(
            interpretation.facts.to_json(), encoding="utf-8", newline="\n"
        )
        write_cleaning(folder, certified.events.cleaning.table)
        write_cluster_summary(folder, interpretation.summary)
        figures = draw_figures(interpretation, interpretation.study.segmentation)
        write_reports(folder, interpretation.insights, interpretation.facts, figures)
