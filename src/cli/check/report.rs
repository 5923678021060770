use std::io::Write;

/// How many faults of a section are printed.
const SHOWN: usize = 10;

/// The faults found in one section: all are counted, the first ones kept.
#[derive(Default)]
pub struct Faults {
    first: Vec<String>,
    count: usize,
}

impl Faults {
    /// These faults.
    pub fn of(faults: Vec<String>) -> Self {
        Self { count: faults.len(), first: faults }
    }

    /// Notes another one.
    pub fn add(&mut self, fault: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < SHOWN {
            self.first.push(fault());
        }
    }
}

/// Prints each section when it is done. Where nobody reads on, the exit code still tells.
#[derive(Default)]
pub struct Report {
    faults: usize,
}

impl Report {
    /// Prints a section.
    pub fn section(&mut self, name: &str, faults: Faults) {
        self.faults += faults.count;
        let Faults { first, count } = faults;
        if count == 0 {
            return print(&format!("ok     {name}"));
        }
        print(&format!("WRONG  {name}"));
        first.iter().take(SHOWN).for_each(|fault| print(&format!("       {fault}")));
        if count > SHOWN {
            print(&format!("       … and {} more", count - SHOWN));
        }
    }

    /// Prints the sum, and says whether nothing is wrong.
    pub fn end(self) -> bool {
        match self.faults {
            0 => print("Nothing is wrong."),
            1 => print("One thing is wrong."),
            count => print(&format!("{count} things are wrong.")),
        }
        self.faults == 0
    }
}

fn print(line: &str) {
    // A reader that went away, like `head`, is no reason to stop: the exit code says what was found.
    let _ = writeln!(std::io::stdout(), "{line}");
}
