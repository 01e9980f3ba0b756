"""The tables of the translated template: keys, what expires, what can be restored and what cannot be deleted."""

from conftest import assert_detects, create, missing_or_unexpected, put

# Each table: its keys, whether items expire, and whether it can be restored and is protected from deletion.
TABLES = {
    "TenantsTable": ("tenant", False, True),
    "SettingsTable": ("tenant", False, True),
    "ConsoleTable": ("tenant item", True, True),
    "CallsTable": ("tenant key", True, True),
    # A cache, which is filled again by itself.
    "PhonesTable": ("tenant phone", True, False),
}
# Each index of the calls: its keys and which attributes it holds.
INDEXES = {"activity": ("tenant occurred_at", "INCLUDE"), "pending": ("pending due_at", "KEYS_ONLY")}


def keys(schema):
    """The names of the partition key and of the sort key."""
    kinds = [each["KeyType"] for each in schema]
    assert kinds == ["HASH", "RANGE"][: len(kinds)]
    return " ".join(each["AttributeName"] for each in schema)


def bad_tables(stack):
    tables = stack.of_type("AWS::DynamoDB::Table")
    problems = missing_or_unexpected(tables, TABLES)
    for key in TABLES.keys() & tables.keys():
        table = tables[key]
        schema, expires, restorable = TABLES[key]
        found = {
            "keys": keys(table["KeySchema"]),
            "time to live": table.get("TimeToLiveSpecification"),
            "recovery": table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled", False),
            "protection": table.get("DeletionProtectionEnabled"),
            "billing": table["BillingMode"],
            "indexes": {
                each["IndexName"]: (keys(each["KeySchema"]), each["Projection"]["ProjectionType"])
                for each in table.get("GlobalSecondaryIndexes", [])
            },
        }
        expected = {
            "keys": schema,
            "time to live": {"AttributeName": "expires_at", "Enabled": True} if expires else None,
            "recovery": restorable,
            "protection": stack.parameters["DeletionProtection"] if restorable else None,
            "billing": "PAY_PER_REQUEST",
            "indexes": INDEXES if key == "CallsTable" else {},
        }
        problems += [f"{key} has the {name} {found[name]}" for name in expected if found[name] != expected[name]]
    return problems


def test_tables_have_their_keys_and_indexes_expire_and_are_kept(stack):
    assert bad_tables(stack) == []
    assert bad_tables(create(DeletionProtection="false")) == []


def test_changes_of_tables_are_detected():
    properties = ("Resources", "CallsTable", "Properties")
    no_time_to_live = put(*properties, "TimeToLiveSpecification", None)
    assert_detects(bad_tables, "CallsTable has the time to live None", sam=no_time_to_live)
    no_recovery = put(*properties, "PointInTimeRecoverySpecification", None)
    assert_detects(bad_tables, "CallsTable has the recovery False", sam=no_recovery)
    no_protection = put(*properties, "DeletionProtectionEnabled", None)
    assert_detects(bad_tables, "CallsTable has the protection None", sam=no_protection)
    other_key = put(*properties, "KeySchema", 1, "AttributeName", "pending")
    assert_detects(bad_tables, "CallsTable has the keys tenant pending", sam=other_key)
