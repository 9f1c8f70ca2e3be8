use std::io::Read;

use flate2::read::GzDecoder;

use super::*;

fn entries(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    let read = |entry: std::io::Result<tar::Entry<'_, GzDecoder<&[u8]>>>| {
        let mut entry = entry.unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (entry.path().unwrap().display().to_string(), content)
    };
    archive.entries().unwrap().map(read).collect()
}

#[test]
fn the_manifest_has_every_part_with_its_checksum_or_why_it_is_missing() {
    let parts = [Part::of("a", Ok(b"abc".to_vec())), Part::of("state/b.json", Err("not there".into()))];
    let time: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
    let archive = write("folder", &parts, false, time).unwrap();
    let entries = entries(&archive);
    assert_eq!(entries.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["folder/manifest.json", "folder/a"]);
    let manifest: serde_json::Value = serde_json::from_str(&entries[0].1).unwrap();
    assert_eq!(
        manifest["parts"],
        serde_json::json!([
            {"name": "a", "bytes": 3, "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
            {"name": "state/b.json", "missing": "not there"},
        ])
    );
    assert_eq!(archive, write("folder", &parts, false, time).unwrap());
}
