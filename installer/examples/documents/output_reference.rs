//! The pages of `docs/reference` about what hostprep prints: reasons, metrics and schemas.

use anyhow::{Context, Result};
use faults::texts::Texts;
use faults::{Reason, catalogue};
use installer::report::metric::METRICS;
use installer::report::schema::SCHEMAS;

use super::reference::{head, table};

/// Each reason of each fault.
pub fn reasons() -> Result<String> {
    let texts = Texts::for_language("en")?;
    let mut text = head("Reasons");
    text.push_str(
        "\nA reason is the stable word for the cause of a fault: `reason` in JSON, `FAULT_REASON=` in the journal, the label \
         `reason` of metrics, and `reason` of [`[[accept]]`](configuration.md). hostprep finds those of a check; those of the \
         agent only the running agent sees ([faults and steps](../faults.md)).\n",
    );
    for entry in catalogue::entries() {
        let summary = texts.summary(entry.id).with_context(|| format!("fault {} has no text", entry.id))?;
        text.push_str(&format!("\n## Fault {}: {summary}\n\nUsually {}.\n", entry.id, entry.severity.as_str()));
        let row = |seen_by: &str, reason: &Reason| {
            [format!("`{}`", reason.as_str()), seen_by.to_owned(), texts.reason(reason)]
        };
        let check = entry.reasons.check.iter().map(|reason| row("check", reason));
        let agent = entry.reasons.agent.iter().map(|reason| row("agent", reason));
        text.push_str(&table(["reason", "seen by", "meaning"], check.chain(agent)));
    }
    Ok(text)
}

/// Each metric.
pub fn metrics() -> String {
    let mut text = head("Metrics");
    text.push_str(
        "\n`hostprep status --format prometheus` prints these, for node_exporter's textfile collector \
         ([monitoring](../monitoring.md)). The metrics of a vendor's hostprep have the label `agent` too: the name of its \
         profile. The values of `reason` are in [reasons](reasons.md).\n",
    );
    let labels = |labels: &[&str]| match labels {
        [] => "none".to_owned(),
        labels => labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", "),
    };
    let row = |it: &installer::report::metric::Metric| {
        [format!("`{}`", it.name), it.kind.to_owned(), labels(it.labels), it.help.to_owned()]
    };
    text.push_str(&table(["metric", "type", "labels", "meaning"], METRICS.iter().map(row)));
    text
}

/// Each JSON Schema.
pub fn schemas() -> Result<String> {
    let mut text = head("JSON Schemas");
    text.push_str(
        "\n`hostprep schema` lists them, `hostprep schema NAME` prints one. The packages have them in \
         `/usr/share/hostprep/schema`, as `NAME.schema.json`. They are JSON Schema, draft 2020-12. [JSON](../json.md) explains \
         the keys, [compatibility](../compatibility.md) what stays as it is.\n",
    );
    let mut rows = Vec::new();
    for schema in SCHEMAS {
        let content: serde_json::Value = serde_json::from_str(schema.text).context(schema.name)?;
        let id = content["$id"].as_str().with_context(|| format!("{} has no $id", schema.name))?;
        rows.push([format!("`{}`", schema.name), format!("`{id}`"), schema.describes.to_owned()]);
    }
    text.push_str(&table(["name", "`$id`", "describes"], rows));
    Ok(text)
}
