//! The order of shards: children are read only after their parents.

use std::collections::BTreeSet;

use crate::connectors::kinesis::Shard;

/// Shards that may be read now, in the order of their ids: not in `begun`, and without a parent
/// that is listed and not fully read. A parent that is no longer listed was trimmed.
pub(super) fn readable<'a>(
    listed: &'a [Shard],
    begun: &BTreeSet<String>,
    ended: &BTreeSet<String>,
) -> Vec<&'a Shard> {
    let pending: BTreeSet<&str> = listed
        .iter()
        .map(|shard| shard.id.as_str())
        .filter(|id| !ended.contains(*id))
        .collect();
    let mut readable: Vec<_> = listed
        .iter()
        .filter(|shard| pending.contains(shard.id.as_str()) && !begun.contains(&shard.id))
        .filter(|shard| !shard.parents.iter().any(|id| pending.contains(id.as_str())))
        .collect();
    readable.sort_by(|a, b| a.id.cmp(&b.id));
    readable
}

/// Whether a shard has ended and none of its children is listed. Lists lag behind: every closed
/// shard has a child or will have one soon.
pub(super) fn awaits_children(listed: &[Shard], ended: &BTreeSet<String>) -> bool {
    let parents: BTreeSet<&str> = listed
        .iter()
        .flat_map(|shard| &shard.parents)
        .map(String::as_str)
        .collect();
    listed
        .iter()
        .any(|shard| ended.contains(&shard.id) && !parents.contains(shard.id.as_str()))
}

/// The parents of a shard all of whose listed children have begun to be read.
pub(super) fn done_parents(
    shard: &Shard,
    listed: &[Shard],
    begun: &BTreeSet<String>,
    ended: &BTreeSet<String>,
) -> Vec<String> {
    let has_begun = |child: &Shard| begun.contains(&child.id) || ended.contains(&child.id);
    let is_done = |parent: &&String| {
        let mut children = listed.iter().filter(|child| child.parents.contains(parent));
        children.all(has_begun)
    };
    shard.parents.iter().filter(is_done).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `0` is split into `1` and `2`, then `2` and `3` are merged into `4`.
    fn family() -> Vec<Shard> {
        let shard = |id: &str, parents: &[&str]| Shard {
            id: id.to_owned(),
            parents: parents.iter().map(ToString::to_string).collect(),
            hashes: None,
        };
        vec![
            shard("4", &["2", "3"]),
            shard("3", &[]),
            shard("2", &["0"]),
            shard("1", &["0"]),
            shard("0", &[]),
        ]
    }

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn readable_ids(listed: &[Shard], begun: &[&str], ended: &[&str]) -> Vec<String> {
        readable(listed, &set(begun), &set(ended))
            .into_iter()
            .map(|shard| shard.id.clone())
            .collect()
    }

    #[test]
    fn roots_come_first() {
        assert_eq!(readable_ids(&family(), &[], &[]), ["0", "3"]);
        assert_eq!(readable_ids(&family(), &["0", "3"], &[]), [""; 0]);
    }

    #[test]
    fn a_split_frees_both_children() {
        assert_eq!(readable_ids(&family(), &["0", "3"], &["0"]), ["1", "2"]);
    }

    #[test]
    fn a_merge_waits_for_both_parents() {
        let begun = ["0", "1", "2", "3"];
        assert_eq!(readable_ids(&family(), &begun, &["0", "2"]), [""; 0]);
        assert_eq!(readable_ids(&family(), &begun, &["0", "2", "3"]), ["4"]);
    }

    #[test]
    fn a_trimmed_parent_holds_nobody_back() {
        let listed: Vec<_> = family()
            .into_iter()
            .filter(|shard| shard.id != "0")
            .collect();
        assert_eq!(readable_ids(&listed, &[], &[]), ["1", "2", "3"]);
    }

    #[test]
    fn an_ended_shard_is_not_read_again() {
        assert_eq!(readable_ids(&family(), &[], &["3"]), ["0"]);
    }

    #[test]
    fn a_parent_is_done_with_its_last_child() {
        let family = family();
        let done = |id: &str, begun: &[&str]| {
            let shard = family.iter().find(|shard| shard.id == id).unwrap();
            done_parents(shard, &family, &set(begun), &set(&["0"]))
        };
        assert_eq!(done("1", &["1"]), [""; 0]);
        assert_eq!(done("2", &["1", "2"]), ["0"]);
        assert_eq!(done("4", &["4"]), ["2", "3"]);
        assert_eq!(done("3", &["3"]), [""; 0]);
    }

    #[test]
    fn an_ended_shard_awaits_its_children() {
        assert!(!awaits_children(&family(), &set(&["0", "3"])));
        assert!(awaits_children(&family()[2..], &set(&["0", "1"])));
    }
}
