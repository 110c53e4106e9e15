//! Applications as people wrote them.

use std::path::Path;

use super::*;
use rcf_stream::config::{Config, ConfigError, Layers};

const HEART_RATES: &str = r#"
-- A stream for the scored rates.
CREATE OR REPLACE STREAM "SCORED" ("rate" INTEGER, "kind" VARCHAR(20), "ANOMALY_SCORE" DOUBLE);
CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (
    "rate" INTEGER, "label" VARCHAR(20), "score" DOUBLE);

CREATE OR REPLACE PUMP "SCORE" AS INSERT INTO "SCORED"
    SELECT STREAM "rate", "kind", ANOMALY_SCORE
    FROM TABLE(RANDOM_CUT_FOREST(
        CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 50, 128, 20000, 2));

CREATE OR REPLACE PUMP "SORT" AS INSERT INTO "DESTINATION_SQL_STREAM"
    SELECT STREAM * FROM "SCORED"
    WHERE ANOMALY_SCORE > 1.5
    ORDER BY FLOOR("SCORED".ROWTIME TO SECOND), ANOMALY_SCORE DESC;
"#;

/// Builds the configuration; a file instead of Kinesis, since a build may be without it.
fn config(migration: &Migration) -> Result<Config, ConfigError> {
    let mut layers = Layers::default();
    let toml = migration
        .toml
        .replace("kind = \"kinesis\"", "kind = \"file\"\npath = \"-\"");
    let without_streams = toml.lines().filter(|line| {
        !["stream =", "region =", "start ="]
            .iter()
            .any(|key| line.starts_with(key))
    });
    layers.toml(
        Path::new("rcf.toml"),
        &without_streams.collect::<Vec<_>>().join("\n"),
    )?;
    layers.build()
}

fn notes(migration: &Migration) -> Vec<String> {
    migration.notes.iter().map(Note::to_string).collect()
}

#[test]
fn parameters_columns_and_the_filter_are_carried_over() {
    // SELECT * from a declared stream follows names: what it does not have is left out.
    let sql = HEART_RATES.replace(
        "SELECT STREAM * FROM \"SCORED\"",
        "SELECT STREAM \"rate\", \"kind\", ANOMALY_SCORE FROM \"SCORED\"",
    );
    let migration = kda_sql(&sql).unwrap();
    for line in [
        "compat = \"kda-sql\"",
        "values = [\"rate\"]",
        "number_of_trees = 50",
        "sample_size = 128",
        "time_decay = 0.00005  # 1 / timeDecay, which counted records",
        "shingle_size = 2",
        "columns = [\"rate\", \"kind AS label\", \"ANOMALY_SCORE AS score\"]",
        "score_above = 1.5",
        "# stream = \"…\"  # the Kinesis stream of SOURCE_SQL_STREAM_001",
        "# stream = \"…\"  # the Kinesis stream of DESTINATION_SQL_STREAM",
    ] {
        assert!(
            migration.toml.lines().any(|it| it == line),
            "{line}\n{}",
            migration.toml
        );
    }
    let config = config(&migration).unwrap();
    let forest = config.operator().unwrap().parameters().clone();
    assert_eq!((forest.number_of_trees, forest.time_decay), (50, 5e-5));
    let notes = notes(&migration);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("the SQL does not say which columns SOURCE_SQL_STREAM_001 has"));
    assert_eq!(
        notes[1],
        "line 15: ORDER BY FLOOR(\"SCORED\".ROWTIME TO SECOND), ANOMALY_SCORE DESC: results come \
         in the order of the records"
    );
}

#[test]
fn a_star_follows_places_once_the_columns_are_known() {
    let migration = kda_sql(HEART_RATES).unwrap();
    let line = "columns = [\"rate\", \"kind AS label\", \"ANOMALY_SCORE AS score\"]";
    assert!(migration.toml.contains(line), "{}", migration.toml);
}

#[test]
fn the_explanation_with_its_direction() {
    let migration = kda_sql(
        r#"CREATE STREAM OUT_STREAM ("x" DOUBLE, "y" REAL, "who" VARCHAR(9), WHY VARCHAR(999));
        CREATE PUMP P AS INSERT INTO OUT_STREAM
        SELECT STREAM "x", "y" AS "z", "who", ANOMALY_EXPLANATION FROM TABLE (
          RANDOM_CUT_FOREST_WITH_EXPLANATION(
            CURSOR(SELECT STREAM "x", "y", "who" FROM SOURCE_SQL_STREAM_001), 100, 256, 100000, 1, true)) AS T"#,
    )
    .unwrap();
    for line in [
        "values = [\"x\", \"y\"]",
        "columns = [\"x\", \"y\", \"who\", \"ANOMALY_EXPLANATION AS WHY\"]",
        "direction = true",
    ] {
        assert!(
            migration.toml.lines().any(|it| it == line),
            "{line}\n{}",
            migration.toml
        );
    }
    assert!(config(&migration).unwrap().output.needs_attribution());
    assert_eq!(migration.notes, []);
}

#[test]
fn computed_columns_are_reported_with_their_lines() {
    let migration = kda_sql(
        "CREATE PUMP P AS INSERT INTO D\nSELECT STREAM x / 100, y, UPPER(z) AS z,\nANOMALY_SCORE\n\
         FROM TABLE(RANDOM_CUT_FOREST(CURSOR(\nSELECT STREAM DISTINCT x, y FROM S WHERE x > 3\n), n, 256));\n\
         CREATE OR REPLACE FUNCTION f(x INT) RETURNS INT RETURN x;\n\
         CREATE PUMP Q AS INSERT INTO E SELECT STREAM * FROM S;",
    )
    .unwrap();
    let notes = notes(&migration);
    for (start, end) in [
        ("line 2: x / 100: ", "unchanged"),
        ("line 2: UPPER(z) AS z: ", "unchanged"),
        ("line 5: WHERE x > 3: ", "if this matters"),
        ("line 5: DISTINCT: ", "if this matters"),
        ("line 6: n: ", "(numberOfTrees)"),
        (
            "line 7: CREATE OR REPLACE FUNCTION f",
            "is not a stream or a pump",
        ),
        ("line 8: the pump Q is omitted: ", "pass through it"),
        ("the type of X is not declared", "treated as a number"),
    ] {
        assert!(
            notes
                .iter()
                .any(|note| note.starts_with(start) && note.ends_with(end)),
            "{start}\n{notes:#?}"
        );
    }
    assert!(migration.toml.contains("values = [\"X\", \"Y\"]"));
    assert!(
        migration
            .toml
            .contains("columns = [\"Y\", \"ANOMALY_SCORE\"]"),
        "{}",
        migration.toml
    );
    config(&migration).unwrap();
}

#[test]
fn a_description_of_the_application_leaves_nothing_open() {
    let sql = serde_json::Value::from(HEART_RATES);
    let description = format!(
        r#"{{"ApplicationDetail": {{"ApplicationConfigurationDescription": {{
        "SqlApplicationConfigurationDescription": {{
          "InputDescriptions": [{{
            "NamePrefix": "SOURCE_SQL_STREAM", "InAppStreamNames": ["SOURCE_SQL_STREAM_001"],
            "KinesisStreamsInputDescription": {{"ResourceARN": "arn:aws:kinesis:eu-west-1:1:stream/hearts"}},
            "InputSchema": {{"RecordFormat": {{"RecordFormatType": "JSON",
                "MappingParameters": {{"JSONMappingParameters": {{"RecordRowPath": "$"}}}}}},
              "RecordColumns": [
                {{"Name": "rate", "Mapping": "$.body.rate", "SqlType": "INTEGER"}},
                {{"Name": "kind", "Mapping": "$.kind", "SqlType": "VARCHAR(20)"}},
                {{"Name": "pressure", "Mapping": "$.body.pressure[0]", "SqlType": "DOUBLE"}}]}},
            "InputStartingPositionConfiguration": {{"InputStartingPosition": "NOW"}}}}],
          "OutputDescriptions": [
            {{"Name": "DESTINATION_SQL_STREAM", "DestinationSchema": {{"RecordFormatType": "CSV"}},
              "KinesisStreamsOutputDescription": {{"ResourceARN": "arn:aws:kinesis:eu-west-1:1:stream/scores"}}}},
            {{"Name": "OTHER", "LambdaOutputDescription": {{"ResourceARN": "arn:aws:lambda:x"}}}}]}},
        "ApplicationCodeConfigurationDescription": {{"CodeContentDescription": {{"TextContent": {sql}}}}}}}}}}}"#
    );
    let migration = kda_sql(&description).unwrap();
    for line in [
        "stream = \"hearts\"",
        "stream = \"scores\"",
        "region = \"eu-west-1\"",
        "start = \"latest\"",
        "values = [\"body.rate\", \"body.pressure.0\"]",
        "format = \"csv\"",
        "columns = [\"body.rate AS rate\", \"kind AS label\", \"ANOMALY_SCORE AS score\"]",
    ] {
        assert!(
            migration.toml.lines().any(|it| it == line),
            "{line}\n{}",
            migration.toml
        );
    }
    let notes = notes(&migration);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("the output OTHER, which is not a Kinesis stream"));
    config(&migration).unwrap();
}

#[test]
fn unsupported_sql_is_an_error() {
    assert_eq!(kda_sql("SELECT 1"), Err(MigrateError::NoFunction));
    assert!(matches!(
        kda_sql("a\n 'b"),
        Err(MigrateError::Sql { line: 2, .. })
    ));
    assert!(matches!(
        kda_sql("{}"),
        Err(MigrateError::Description { .. })
    ));
    let twice = HEART_RATES.to_owned() + &HEART_RATES.replace("\"SCORE\"", "\"AGAIN\"");
    let error = kda_sql(&twice).unwrap_err().to_string();
    assert!(
        error.contains("the pump AGAIN calls the function as SCORE does"),
        "{error}"
    );
}

#[test]
fn hostile_names_stay_text() {
    let sql = HEART_RATES.replace("\"kind\"", "\"k\u{7f}\\ \"\"x]\n\u{1}#\"");
    let migration = kda_sql(&sql).unwrap();
    let layers = Layers::default().toml(Path::new("rcf.toml"), &migration.toml);
    assert!(layers.is_ok(), "{layers:?}\n{}", migration.toml);
}

#[test]
fn casts_windows_joins_and_conditions_next_to_the_score_are_named() {
    let migration = kda_sql(
        r#"CREATE STREAM OUT_STREAM ("temp" DOUBLE, "n" INTEGER, ANOMALY_SCORE DOUBLE);
        CREATE STREAM OTHER ("temp" DOUBLE);
        CREATE PUMP P AS INSERT INTO OUT_STREAM
        SELECT STREAM "temp", "n", ANOMALY_SCORE FROM TABLE (RANDOM_CUT_FOREST(
            CURSOR(SELECT STREAM CAST("temp" AS DOUBLE) AS "temp", "n"
              FROM SOURCE_SQL_STREAM_001
              GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND))))
        WHERE ANOMALY_SCORE >= 2
          AND "n" > 5;
        CREATE PUMP Q AS INSERT INTO OTHER
        SELECT STREAM "temp" FROM OUT_STREAM AS O
          JOIN SOURCE_SQL_STREAM_001 AS S ON O."n" = S."n";"#,
    )
    .unwrap();
    assert!(
        migration.toml.contains("values = [\"temp\", \"n\"]"),
        "{}",
        migration.toml
    );
    assert!(
        migration.toml.contains("score_above = 1.9"),
        "{}",
        migration.toml
    );
    let notes = notes(&migration);
    for expected in [
        "line 5: CAST(\"temp\" AS DOUBLE) AS \"temp\": the field is read as a number",
        "line 7: GROUP BY STEP(ROWTIME BY INTERVAL '10' SECOND): windows are not computed",
        "line 9: WHERE \"n\" > 5: every result is written",
        "line 11: OUT_STREAM AS O JOIN SOURCE_SQL_STREAM_001",
    ] {
        assert!(
            notes.iter().any(|note| note.starts_with(expected)),
            "{expected}: {notes:#?}"
        );
    }
}
