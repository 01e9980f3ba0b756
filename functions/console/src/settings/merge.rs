//! Three-way merge of two changes to the same version of the settings, made by two admins at once.

use rules::Settings;

use crate::changes::{Change, Setting, changes};

/// The result of a three-way merge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Merged {
    /// `theirs`, at their version, with the settings that only I changed.
    pub(crate) settings: Settings,
    /// The settings that only I changed, from theirs to mine.
    pub(crate) only_mine: Vec<Change>,
    /// The settings that both changed to different values, from theirs to mine. [`Merged::settings`] has their values.
    pub(crate) conflicts: Vec<Change>,
}

/// Applies the changes between `base` and `mine` to `theirs`. Without `base`, every difference is a conflict.
pub(crate) fn merge(base: Option<&Settings>, mine: &Settings, theirs: &Settings) -> Merged {
    let mut merged = Merged { settings: theirs.clone(), only_mine: Vec::new(), conflicts: Vec::new() };
    for change in changes(theirs, mine) {
        let is_as_before = |settings| base.is_some_and(|base| is_same(change.setting, base, settings));
        if is_as_before(mine) {
            // Only they changed it.
        } else if is_as_before(theirs) {
            change.setting.copy(mine, &mut merged.settings);
            merged.only_mine.push(change);
        } else {
            merged.conflicts.push(change);
        }
    }
    merged
}

fn is_same(setting: Setting, one: &Settings, other: &Settings) -> bool {
    let mut copy = one.clone();
    setting.copy(other, &mut copy);
    copy == *one
}

#[cfg(test)]
mod tests {
    use rules::CallType;
    use rules::settings::LogAs;

    use super::*;

    fn settings(version: u64, missed: LogAs, voicemail: LogAs, log_messages: bool) -> Settings {
        let mut settings = Settings { version, log_messages, ..Settings::default() };
        settings.call_workflow.missed = missed;
        settings.call_workflow.voicemail = voicemail;
        settings
    }

    fn names(changes: &[Change]) -> Vec<Setting> {
        changes.iter().map(|change| change.setting).collect()
    }

    #[test]
    fn changes_of_one_side_are_merged_and_changes_of_both_conflict() {
        let base = settings(1, LogAs::InProgress, LogAs::InProgress, true);
        let theirs = settings(2, LogAs::DoNothing, LogAs::DoNothing, true);
        let mine = settings(1, LogAs::InProgress, LogAs::Completed, false);
        let merged = merge(Some(&base), &mine, &theirs);
        assert_eq!(names(&merged.only_mine), [Setting::LogMessages]);
        assert_eq!(names(&merged.conflicts), [Setting::CallWorkflow(CallType::Voicemail)]);
        assert_eq!(merged.settings, settings(2, LogAs::DoNothing, LogAs::DoNothing, false));
    }

    #[test]
    fn the_same_change_by_both_is_no_conflict() {
        let base = settings(1, LogAs::InProgress, LogAs::InProgress, true);
        let theirs = settings(2, LogAs::DoNothing, LogAs::InProgress, true);
        let merged = merge(Some(&base), &Settings { version: 1, ..theirs.clone() }, &theirs);
        assert_eq!(merged, Merged { settings: theirs, only_mine: Vec::new(), conflicts: Vec::new() });
    }

    #[test]
    fn without_the_base_version_every_difference_conflicts() {
        let theirs = settings(2, LogAs::DoNothing, LogAs::InProgress, true);
        let mine = settings(1, LogAs::InProgress, LogAs::InProgress, false);
        let merged = merge(None, &mine, &theirs);
        assert_eq!(merged.settings, theirs);
        assert_eq!(names(&merged.conflicts), [Setting::CallWorkflow(CallType::Missed), Setting::LogMessages]);
    }
}
