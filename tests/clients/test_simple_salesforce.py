"""simple-salesforce against the sandbox org: trailing slashes, spaces as "+", and the client's own exceptions.

SALESFORCE_URL and SALESFORCE_ACCESS_TOKEN locate the org and authenticate to it.
"""

import os
import unittest

import requests
from simple_salesforce import Salesforce, exceptions


class PlainHttp(requests.adapters.HTTPAdapter):
    """Rewrites https to http: the client requires https, and the sandbox serves plain http."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def connect(token):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", PlainHttp())
    url = os.environ["SALESFORCE_URL"].replace("http://", "https://", 1)
    return Salesforce(instance_url=url, session_id=token, session=session, version="66.0")


class SimpleSalesforce(unittest.TestCase):
    def setUp(self):
        self.sf = connect(os.environ["SALESFORCE_ACCESS_TOKEN"])

    def test_records_are_created_read_changed_and_deleted(self):
        created = self.sf.Contact.create({"LastName": "Roe", "Phone": "+33 6 99 88 77 66"})
        self.assertEqual((created["success"], created["errors"]), (True, []))
        contact = created["id"]
        self.assertEqual(self.sf.Contact.get(contact)["LastName"], "Roe")
        self.assertEqual(self.sf.Contact.update(contact, {"LastName": "Doe"}), 204)
        self.assertEqual(self.sf.Contact.get(contact)["Name"], "Doe")
        found = self.sf.search("FIND {33699887766} IN PHONE FIELDS RETURNING Contact(Id)")
        self.assertEqual([record["Id"] for record in found["searchRecords"]], [contact])
        self.assertEqual(self.sf.Contact.delete(contact), 204)
        with self.assertRaises(exceptions.SalesforceResourceNotFound):
            self.sf.Contact.get(contact)

    def test_records_are_upserted_by_key(self):
        address = "Aircall_Key__c/python-1"
        self.assertEqual(self.sf.Task.upsert(address, {"Subject": "One"}), 201)
        self.assertEqual(self.sf.Task.upsert(address, {"Subject": "Two"}), 200)
        self.assertEqual(self.sf.Task.get_by_custom_id("Aircall_Key__c", "python-1")["Subject"], "Two")

    def test_queries_come_in_pages(self):
        for count in (200, 100):
            records = [{"attributes": {"type": "Lead"}, "LastName": "Page", "Company": "x"}] * count
            results = self.sf.restful("composite/sobjects", method="POST", json={"records": records})
            self.assertTrue(all(result["success"] for result in results))
        query = "SELECT Id FROM Lead WHERE LastName = 'Page'"
        first = self.sf.query(query, headers={"Sforce-Query-Options": "batchSize=200"})
        self.assertEqual((first["totalSize"], first["done"]), (300, False))
        rest = self.sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)
        self.assertEqual((len(first["records"]), len(rest["records"]), rest["done"]), (200, 100, True))
        self.assertEqual(self.sf.query_all(query)["totalSize"], 300)

    def test_describe_limits_and_api_usage_are_read(self):
        self.assertEqual(self.sf.Task.describe()["name"], "Task")
        self.assertIn("DailyApiRequests", self.sf.limits())
        usage = self.sf.api_usage["api-usage"]
        self.assertLess(usage.used, usage.total)

    def test_errors_raise_the_clients_exceptions(self):
        with self.assertRaises(exceptions.SalesforceMalformedRequest) as refused:
            self.sf.Task.create({"Nope": 1})
        self.assertEqual(refused.exception.content[0]["errorCode"], "INVALID_FIELD")
        with self.assertRaises(exceptions.SalesforceExpiredSession):
            connect("expired").query("SELECT Id FROM Task")
        several = [{"attributes": {"type": "UpsertTable__c"}, "ExtId__c": "python"}] * 2
        self.sf.restful("composite/sobjects", method="POST", json={"records": several})
        with self.assertRaises(exceptions.SalesforceMoreThanOneRecord):
            self.sf.UpsertTable__c.upsert("ExtId__c/python", {"Name": "x"})


if __name__ == "__main__":
    unittest.main()
