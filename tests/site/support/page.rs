use scraper::{ElementRef, Html, Selector};

use super::Form;

/// A page, read by CSS selectors.
pub struct Page(Html);

impl Page {
    /// Reads a page as a browser does.
    pub fn parse(html: &str) -> Self {
        Self(Html::parse_document(html))
    }

    /// Every element that matches.
    pub fn all(&self, selector: &str) -> Vec<ElementRef<'_>> {
        let parsed = Selector::parse(selector).unwrap_or_else(|error| panic!("{selector}: {error}"));
        self.0.select(&parsed).collect()
    }

    /// The first element that matches; the test fails if none does.
    pub fn first(&self, selector: &str) -> ElementRef<'_> {
        let found = self.all(selector).first().copied();
        found.unwrap_or_else(|| panic!("there is no {selector} in {}", self.0.html()))
    }

    /// Whether anything matches.
    pub fn has(&self, selector: &str) -> bool {
        !self.all(selector).is_empty()
    }

    /// The text of the first element that matches, its spaces made single.
    pub fn text(&self, selector: &str) -> String {
        words(self.first(selector))
    }

    /// The text of every element that matches.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.all(selector).into_iter().map(words).collect()
    }

    /// An attribute of the first element that matches.
    pub fn attr(&self, selector: &str, name: &str) -> String {
        let element = self.first(selector);
        let value = element.value().attr(name);
        value.unwrap_or_else(|| panic!("{selector} has no {name}: {}", element.html())).to_owned()
    }

    /// An attribute of every element that matches and has it.
    pub fn attrs(&self, selector: &str, name: &str) -> Vec<String> {
        self.all(selector).iter().filter_map(|element| element.value().attr(name)).map(str::to_owned).collect()
    }

    /// The first form that matches.
    pub fn form(&self, selector: &str) -> Form {
        Form::read(self, self.first(selector))
    }
}

fn words(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}
