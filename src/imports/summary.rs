use std::fmt;

use super::Kind;
use crate::fields::Grouped;

/// What became of the rows of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)] // each says what became of so many rows
pub struct Counts {
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub repeated: i64,
    pub refused: i64,
}

impl Counts {
    /// Adds `number` rows of an outcome.
    pub(super) fn add(&mut self, outcome: &str, number: i64) {
        match outcome {
            "created" => self.created += number,
            "updated" => self.updated += number,
            "unchanged" => self.unchanged += number,
            "repeated" => self.repeated += number,
            _ => self.refused += number,
        }
    }
}

/// What came of an import. Every row read is counted once in [`rows`](Self::rows).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What the rows are.
    pub kind: Kind,
    /// How many there were.
    pub read: i64,
    /// What became of them.
    pub rows: Counts,
    /// How many stores were added, by whichever rows.
    pub stores_created: i64,
    /// How many were changed.
    pub stores_updated: i64,
    /// Tags added with their items.
    pub tags_created: i64,
    /// Fields that a new item needs and no column fills, each with how many rows were refused for it.
    pub lacking: Vec<(&'static str, i64)>,
    /// Whether this was for show.
    pub dry_run: bool,
    /// Whether one refused row was to stop everything.
    pub strict: bool,
}

impl Summary {
    pub(super) fn of(kind: Kind, dry_run: bool, strict: bool) -> Self {
        let rows = Counts::default();
        Self {
            kind,
            read: 0,
            rows,
            stores_created: 0,
            stores_updated: 0,
            tags_created: 0,
            lacking: Vec::new(),
            dry_run,
            strict,
        }
    }

    /// Notes that so many rows were refused because no column fills this field.
    pub(super) fn note_lacking(&mut self, field: &'static str, rows: i64) {
        match self.lacking.iter_mut().find(|(name, _)| *name == field) {
            Some((_, all)) => *all += rows,
            None => self.lacking.push((field, rows)),
        }
    }

    /// Whether it stopped because of refused rows.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.strict && self.rows.refused > 0
    }

    /// Whether anything of it is kept.
    #[must_use]
    pub fn is_written(&self) -> bool {
        !self.dry_run && !self.is_stopped()
    }

    /// What the change set is called as long as more may come.
    #[must_use]
    pub fn title_of_a_part(file: &str) -> String {
        format!("Imported a part of {file}")
    }

    /// What the change set is called: `Imported iowa.csv: 9,485 items added, 224 stores added`.
    #[must_use]
    pub fn title(&self, file: &str) -> String {
        let of_rows = |noun: &'static str| [(self.rows.created, noun, "added"), (self.rows.updated, noun, "updated")];
        let mut parts = if self.kind == Kind::Items { of_rows("item").to_vec() } else { Vec::new() };
        parts.extend([(self.stores_created, "store", "added"), (self.stores_updated, "store", "updated")]);
        parts.push((self.tags_created, "tag", "added"));
        let said = parts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, noun, done)| {
            let plural = if number == 1 { "" } else { "s" };
            format!("{} {noun}{plural} {done}", Grouped(number))
        });
        format!("Imported {file}: {}", said.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows;
        writeln!(f, "{} rows read", Grouped(self.read))?;
        writeln!(
            f,
            "{}: {} created, {} updated, {} unchanged, {} repeated, {} refused",
            self.kind,
            Grouped(rows.created),
            Grouped(rows.updated),
            Grouped(rows.unchanged),
            Grouped(rows.repeated),
            Grouped(rows.refused)
        )?;
        if self.kind == Kind::Items {
            let [created, updated] = [self.stores_created, self.stores_updated].map(Grouped);
            writeln!(f, "stores: {created} created, {updated} updated")?;
            writeln!(f, "tags: {} created", Grouped(self.tags_created))?;
        }
        for (field, rows) in &self.lacking {
            let rows = Grouped(*rows);
            writeln!(
                f,
                "no column holds the {field} that new items need: {rows} refused (--map {field}=COLUMN says which)"
            )?;
        }
        Ok(())
    }
}
