//! A fit as a page of its own: summary, path diagram, every table; no script, no font, no other file.

use std::fmt::Write as _;

use super::Outcome;
use super::sections::{self, Table};
use crate::csi::figures::Figure;
use crate::report::PathFigures;
use crate::report::path_diagram::{Construct, Diagram, Orientation, draw};
use crate::report::svg::escape;

/// Type, colours and the diagram, as in the reports.
const STYLE: &str = include_str!("fit.css");

pub(super) fn render(o: &Outcome<'_>) -> String {
    let mut out = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    let title = o.args.model.file_stem().map_or_else(|| "Model".into(), |name| name.to_string_lossy());
    let _ =
        writeln!(out, "<title>{0}</title><style>{STYLE}</style></head>\n<body><main>\n<h1>{0}</h1>", escape(&title));
    for line in sections::summary(o) {
        let _ = writeln!(out, "<p class=\"muted\">{}</p>", escape(line.trim()));
    }
    list(&mut out, "Warnings", &sections::notes(o));
    let paths: Vec<PathFigures> = o.full().paths().map(|(k, l)| path(o, k, l)).collect();
    let diagram = diagram(o, &paths);
    let _ = writeln!(
        out,
        "<section><h2>Path diagram</h2><div class=\"wide\">{}</div><div class=\"narrow\">{}</div></section>",
        draw(&diagram, Orientation::Across),
        draw(&diagram, Orientation::Down)
    );
    for table in sections::tables(o) {
        write_table(&mut out, &table);
    }
    list(&mut out, "Rules of thumb that are not met", &sections::worries(o));
    let version = env!("CARGO_PKG_VERSION");
    let data = o.args.data.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let _ = writeln!(
        out,
        "<footer>soundings {version}, {}, seed {}; the same files, options and seed give the same digits.</footer>",
        escape(&data),
        o.args.seed
    );
    out.push_str("</main></body></html>\n");
    out
}

fn path(o: &Outcome<'_>, k: usize, l: usize) -> PathFigures {
    let name = |k: usize| o.full().constructs[k].name.clone();
    let spread = o.analysis.spread(Figure::Path(k, l));
    let (se, ci) = (spread.map(|s| s.se), spread.and_then(|s| s.ci));
    PathFigures { from: name(l), to: name(k), estimate: o.fit().paths[(k, l)], se, ci }
}

fn diagram<'a>(o: &Outcome<'_>, paths: &'a [PathFigures]) -> Diagram<'a> {
    let construct = |(k, c): (usize, &crate::csi::model::Construct)| Construct {
        id: c.name.clone(),
        name: c.name.clone(),
        score: o.analysis.estimates.index.get(k).copied(),
        headline: false,
    };
    Diagram {
        boxes: o.full().constructs.iter().enumerate().map(construct).collect(),
        paths,
        title: "Path diagram".to_owned(),
        description: "Constructs with their index on 0-100, and standardised path coefficients. Dashed: the interval holds zero. The tables below hold every figure.".to_owned(),
    }
}

fn list(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let items: String = lines.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
    let _ = writeln!(out, "<section><h2>{title}</h2><ul>{items}</ul></section>");
}

fn write_table(out: &mut String, table: &Table) {
    let cell = |tag: &str, column: usize, text: &str| {
        let class = if table.numeric(column) { " class=\"n\"" } else { "" };
        let scope = match (tag, column) {
            ("th", 0) if text != table.heading[0] => " scope=\"row\"",
            ("th", _) => " scope=\"col\"",
            _ => "",
        };
        format!("<{tag}{scope}{class}>{}</{tag}>", escape(&text.replace(" -> ", " → ")))
    };
    let head: String = table.heading.iter().enumerate().map(|(i, text)| cell("th", i, text)).collect();
    let row = |row: &Vec<String>| {
        let cells: String =
            row.iter().enumerate().map(|(i, text)| cell(if i == 0 { "th" } else { "td" }, i, text)).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = table.rows.iter().map(row).collect();
    let note =
        if table.note.is_empty() { String::new() } else { format!("<p class=\"muted\">{}</p>", escape(&table.note)) };
    let title = escape(&table.title);
    let _ = writeln!(
        out,
        "<section><h2>{title}</h2><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{title}\"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}</section>"
    );
}
