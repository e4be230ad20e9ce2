//! Links to a chart as files.

use serde::Serialize;

use super::view::link;

/// A chart of a page as a file of one kind.
#[derive(Debug, Serialize)]
pub struct ChartFile {
    href: String,
    /// `SVG`, `CSV`, `PNG`.
    kind: &'static str,
    /// Name of the picture that a script makes of the drawing; empty for what the server gives.
    png: String,
}

/// The files of a chart of a survey's page that was asked for like this; numbers alone where it cannot be drawn.
pub fn chart_files(slug: &str, chart: &str, drawn: bool, asked: &[(String, String)]) -> Vec<ChartFile> {
    let to = |kind: &str| link(&["api", "v1", "overviews", slug, "charts", &format!("{chart}.{kind}")], asked);
    let file = |kind, href, png| ChartFile { href, kind, png };
    let mut files = vec![file("CSV", to("csv"), String::new())];
    if drawn {
        let png = file("PNG", to("svg"), format!("{slug}-{chart}.png"));
        files.splice(0..0, [file("SVG", to("svg"), String::new()), png]);
    }
    files
}
