//! What becomes of two changes of the same version of the settings, made by two admins at once.

use rules::Settings;

use super::change::{Change, Setting, changes};

/// Two changes of the same version in one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Merged {
    /// Their settings, at their version, with what only I changed.
    pub(crate) settings: Settings,
    /// What only I changed, from theirs to mine.
    pub(crate) only_mine: Vec<Change>,
    /// What both changed, each to something else, from theirs to mine. Of these [`Merged::settings`] holds theirs.
    pub(crate) conflicts: Vec<Change>,
}

/// Puts `mine`, which was made of `base`, on top of `theirs`. Where `base` is not known, all that differs is in conflict.
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
    fn what_one_changed_is_taken_and_what_both_changed_is_asked() {
        let base = settings(1, LogAs::InProgress, LogAs::InProgress, true);
        let theirs = settings(2, LogAs::DoNothing, LogAs::DoNothing, true);
        let mine = settings(1, LogAs::InProgress, LogAs::Completed, false);
        let merged = merge(Some(&base), &mine, &theirs);
        assert_eq!(names(&merged.only_mine), [Setting::LogMessages]);
        assert_eq!(names(&merged.conflicts), [Setting::CallWorkflow(CallType::Voicemail)]);
        assert_eq!(merged.settings, settings(2, LogAs::DoNothing, LogAs::DoNothing, false));
    }

    #[test]
    fn the_same_change_by_both_is_none() {
        let base = settings(1, LogAs::InProgress, LogAs::InProgress, true);
        let theirs = settings(2, LogAs::DoNothing, LogAs::InProgress, true);
        let merged = merge(Some(&base), &Settings { version: 1, ..theirs.clone() }, &theirs);
        assert_eq!(merged, Merged { settings: theirs, only_mine: Vec::new(), conflicts: Vec::new() });
    }

    #[test]
    fn without_the_version_before_all_that_differs_is_asked() {
        let theirs = settings(2, LogAs::DoNothing, LogAs::InProgress, true);
        let mine = settings(1, LogAs::InProgress, LogAs::InProgress, false);
        let merged = merge(None, &mine, &theirs);
        assert_eq!(merged.settings, theirs);
        assert_eq!(names(&merged.conflicts), [Setting::CallWorkflow(CallType::Missed), Setting::LogMessages]);
    }
}
