//! The two tables: the Tasks in Salesforce, and what was not logged.

use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle, Width};
use rules::{E164, RecordKind};

use super::{api::Entry, org::Task, player::type_of, printer::Printer};

/// Spaces before every line.
const INDENT: usize = 2;

/// A rule below the header, a blank line between rows.
const STYLE: TableStyle = TableStyle::new().header_separator(line('─')).row_separator(line(' '));

const fn line(character: char) -> LineStyle {
    LineStyle::none().fill(character)
}

/// Prints the Tasks by record, as a user of Salesforce sees them.
pub(super) fn print_tasks(tasks: &[Task], url: &str, printer: &Printer) {
    title("Tasks in Salesforce", url, printer);
    let widths = [Some(26), None, Some(12), Some(12), Some(20)];
    for (section, is_closed) in [("Upcoming & Overdue", false), ("Past Activities", true)] {
        let mut tasks: Vec<&Task> = tasks.iter().filter(|task| task.is_closed == is_closed).collect();
        tasks.sort_by_key(|task| task.record.clone().map(|(kind, name)| (name, kind)));
        let mut table = table(["Record", "Subject", "Date", "Owner", "Result"], widths, printer);
        for same_record in tasks.chunk_by(|a, b| a.record == b.record) {
            for (index, task) in same_record.iter().enumerate() {
                let record = if index == 0 { record(task) } else { String::new() };
                let result = task.result.clone().unwrap_or_default();
                table.add_row(Row::from([
                    record,
                    with_unbroken_phones(&task.subject),
                    task.date.clone(),
                    task.owner.clone(),
                    result,
                ]));
            }
        }
        println!("\n  {}", printer.bold(&format!("{section} ({})", tasks.len())));
        print(&table, printer);
    }
}

/// Prints the entries without a Task, and the reasons.
pub(super) fn print_not_logged(entries: &[Entry], printer: &Printer) {
    title("Not logged", "", printer);
    let mut table =
        table(["Call", "Aircall line", "Other party", "Reason"], [Some(28), Some(14), Some(19), None], printer);
    let mut entries: Vec<&Entry> = entries.iter().filter(|entry| entry.state != "logged").collect();
    entries.sort_by_key(|entry| entry.started_at);
    for entry in entries {
        let call_type = type_of(entry);
        let time = entry.started_at_local.get(11..16).unwrap_or_default();
        let other_party = other_party(entry);
        let line = entry.line.name.clone();
        table.add_row(Row::from([format!("{time}  {call_type}"), line, other_party, entry.reason.clone()]));
    }
    println!();
    print(&table, printer);
}

/// The record's name, and below it the kind of record.
fn record(task: &Task) -> String {
    let Some((kind, name)) = &task.record else { return "(none)".to_owned() };
    match (&task.case, kind) {
        (Some(case), RecordKind::Contact) => format!("{name}\n{kind} · Case {}", case.number),
        _ => format!("{name}\n{kind}"),
    }
}

/// The other party's phone number in international format.
fn other_party(entry: &Entry) -> String {
    let Some(phone) = &entry.phone else { return "anonymous".to_owned() };
    E164::parse(phone).map_or_else(|_| phone.clone(), |phone| phone.international())
}

/// `text` with non-breaking spaces in its phone numbers.
fn with_unbroken_phones(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_digit);
    let unbroken = chars.iter().enumerate().map(|(at, c)| {
        let is_within = *c == ' ' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
        if is_within { '\u{a0}' } else { *c }
    });
    unbroken.collect()
}

fn title(text: &str, aside: &str, printer: &Printer) {
    let gap = printer.width.saturating_sub(INDENT + text.chars().count() + aside.chars().count());
    let heading = format!("  {}{}{}", printer.bold(text), " ".repeat(gap), printer.dim(aside));
    println!("\n\n{}", heading.trim_end());
    println!("  {}", "━".repeat(printer.width - INDENT));
}

/// An empty table, as wide as the printer; the column without a width takes the remaining width.
fn table<const N: usize>(header: [&str; N], widths: [Option<usize>; N], printer: &Printer) -> Table {
    let remaining = (printer.width - INDENT).saturating_sub(widths.iter().flatten().sum());
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    for (column, width) in table.column_iter_mut().zip(widths) {
        let width = u16::try_from(width.unwrap_or(remaining)).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width))).set_padding((0, 2));
    }
    table
}

fn print(table: &Table, printer: &Printer) {
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        let is_rule = line.chars().all(|c| c == '─');
        println!("  {}", if index == 0 || is_rule { printer.dim(line) } else { line.to_owned() });
    }
}
