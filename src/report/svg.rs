//! SVG as typed elements: what is not an element cannot be written, and all text is escaped.

use std::fmt::{self, Display, Write as _};

/// An SVG element with its attributes and children.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
enum Node {
    Element(Element),
    Text(String),
}

/// A new element.
pub fn element(name: &'static str) -> Element {
    Element { name, attributes: Vec::new(), children: Vec::new() }
}

impl Element {
    /// With an attribute.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    /// With a coordinate, rounded to a tenth.
    #[must_use]
    pub fn at(self, name: &'static str, value: f64) -> Self {
        let rounded = (value * 10.0).round() / 10.0;
        self.with(name, if rounded == 0.0 { 0.0 } else { rounded })
    }

    /// With a child.
    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// With children.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children.into_iter().map(Node::Element));
        self
    }

    /// With a child before all others.
    #[must_use]
    pub fn before(mut self, child: Element) -> Self {
        self.children.insert(0, Node::Element(child));
        self
    }

    /// With another value of an attribute.
    #[must_use]
    pub fn instead(mut self, name: &'static str, value: impl Display) -> Self {
        self.attributes.retain(|(known, _)| *known != name);
        self.with(name, value)
    }

    /// Width and height of a drawing, as its view box has them.
    pub fn size(&self) -> [f64; 2] {
        let of_box = self.attributes.iter().find(|(name, _)| *name == "viewBox").map_or("", |(_, value)| value);
        let mut numbers = of_box.split(' ').skip(2).map(|number| number.parse().unwrap_or(0.0));
        [(); 2].map(|()| numbers.next().unwrap_or(0.0))
    }

    /// What a drawing shows, in words: its title and its description.
    pub fn alternative(&self) -> String {
        let of = |wanted: &str| {
            let mut found = self.children.iter().filter_map(|child| match child {
                Node::Element(element) if element.name == wanted => element.children.first(),
                _ => None,
            });
            found.find_map(|child| if let Node::Text(text) = child { Some(text.as_str()) } else { None })
        };
        [of("title"), of("desc")].into_iter().flatten().collect::<Vec<_>>().join(". ")
    }

    /// With text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Node::Text(text.into()));
        self
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}", self.name)?;
        for (name, value) in &self.attributes {
            write!(f, " {name}=\"{}\"", escape(value))?;
        }
        if self.children.is_empty() {
            return f.write_str("/>");
        }
        f.write_char('>')?;
        for child in &self.children {
            match child {
                Node::Element(element) => write!(f, "{element}")?,
                Node::Text(text) => f.write_str(&escape(text))?,
            }
        }
        write!(f, "</{}>", self.name)
    }
}

/// Text with what has a meaning in SVG and HTML written out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// A drawing with its text alternative: `id` makes its references unique on the page.
pub fn drawing(id: &str, width: f64, height: f64, title: &str, description: &str) -> Element {
    element("svg")
        .with("xmlns", "http://www.w3.org/2000/svg")
        .with("viewBox", format!("0 0 {width} {height}"))
        .with("role", "img")
        .with("aria-labelledby", format!("{id}-title {id}-desc"))
        .child(element("title").with("id", format!("{id}-title")).text(title))
        .child(element("desc").with("id", format!("{id}-desc")).text(description))
}

/// A text label.
pub fn label(x: f64, y: f64, class: &str, text: impl Into<String>) -> Element {
    element("text").at("x", x).at("y", y).with("class", class).text(text)
}

/// A straight line.
pub fn line(from: (f64, f64), to: (f64, f64), class: &str) -> Element {
    element("line").at("x1", from.0).at("y1", from.1).at("x2", to.0).at("y2", to.1).with("class", class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let drawn = label(1.26, -0.01, "a\"b", "<script>&").to_string();
        assert_eq!(drawn, "<text x=\"1.3\" y=\"0\" class=\"a&quot;b\">&lt;script&gt;&amp;</text>");
        assert_eq!(
            line((0.0, 0.0), (1.0, 2.0), "x").to_string(),
            "<line x1=\"0\" y1=\"0\" x2=\"1\" y2=\"2\" class=\"x\"/>"
        );
    }
}
