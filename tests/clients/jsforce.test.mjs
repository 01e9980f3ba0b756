// jsforce against the sandbox org: an independent client's requests, and how it reads the responses.
//
// SALESFORCE_URL, SALESFORCE_ACCESS_TOKEN, SALESFORCE_REFRESH_TOKEN, SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET
// locate the org and authenticate to it; CLIENTS is the folder that jsforce is installed in.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';

const env = (name) => process.env[name] ?? assert.fail(`${name} is not set`);
const { Connection, OAuth2 } = createRequire(`${env('CLIENTS')}/`)('jsforce');

const instanceUrl = env('SALESFORCE_URL');
const accessToken = env('SALESFORCE_ACCESS_TOKEN');
const version = '66.0';
const conn = new Connection({ instanceUrl, accessToken, version });

const sandbox = (method, path, body) =>
  fetch(`${instanceUrl}/_sandbox/${path}`, { method, body: body && JSON.stringify(body) });

before(() => sandbox('DELETE', 'records'));

/** Runs a request that must fail, and returns jsforce's error. */
async function refused(request) {
  try {
    await request;
  } catch (error) {
    return error;
  }
  return assert.fail('the org accepted the request');
}

test('one record is created, read, changed and deleted', async () => {
  const accounts = conn.sobject('Account');
  const created = await accounts.create({ Name: 'One' });
  assert.deepEqual([created.success, created.errors], [true, []]);
  const read = await accounts.retrieve(created.id);
  assert.deepEqual([read.Id, read.Name, read.attributes.type], [created.id, 'One', 'Account']);
  const changed = await accounts.update({ Id: created.id, Name: 'Two' }, { headers: { 'Sforce-Auto-Assign': 'FALSE' } });
  assert.deepEqual([changed.success, changed.id], [true, created.id]);
  assert.equal((await accounts.record(created.id).retrieve()).Name, 'Two');
  assert.equal((await accounts.destroy(created.id)).success, true);
  const gone = await refused(accounts.retrieve(created.id));
  assert.equal(gone.errorCode, 'ENTITY_IS_DELETED');
});

test('many records are created, read, changed and deleted by ids', async () => {
  const tasks = conn.sobject('Task');
  const created = await tasks.create([{ Subject: 'A' }, { Subject: 'B', CallType: 'Sideways' }, { Subject: 'C' }]);
  assert.deepEqual(created.map(({ success }) => success), [true, false, true]);
  const [error] = created[1].errors;
  assert.deepEqual([error.statusCode, error.fields], ['INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', ['CallType']]);
  const ids = [created[0].id, created[2].id];
  assert.deepEqual((await tasks.retrieve(ids)).map(({ Subject }) => Subject), ['A', 'C']);
  const changed = await tasks.update(ids.map((Id) => ({ Id, Status: 'Completed' })));
  assert.deepEqual(changed.map(({ success }) => success), [true, true]);
  const deleted = await tasks.destroy(ids);
  assert.deepEqual(deleted.map(({ id }) => id), ids);
  assert.deepEqual(await tasks.retrieve(ids), [null, null]);
});

test('with allOrNone one bad record rolls back all', async () => {
  const records = [{ LastName: 'Good' }, { FirstName: 'Bad' }];
  const results = await conn.sobject('Contact').create(records, { allOrNone: true });
  const codes = results.map(({ errors }) => errors[0].statusCode);
  assert.deepEqual(codes, ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'REQUIRED_FIELD_MISSING']);
  assert.equal(await conn.sobject('Contact').count({ LastName: 'Good' }), 0);
});

test('an upsert creates, updates, and fails on no match or several', async () => {
  const tasks = conn.sobject('Task');
  const key = 'Aircall_Key__c';
  const created = await tasks.upsert({ [key]: 'call-1', Subject: 'One' }, key);
  assert.deepEqual([created.success, created.created], [true, true]);
  const updated = await tasks.upsert({ [key]: 'call-1', Subject: 'Two' }, key);
  assert.deepEqual([updated.success, updated.created, updated.id], [true, false, created.id]);
  const older = new Connection({ instanceUrl, accessToken, version: '45.0' });
  const silent = await older.sobject('Task').upsert({ [key]: 'call-1', Subject: 'Three' }, key);
  assert.deepEqual([silent.success, silent.id], [true, undefined]);
  assert.equal((await tasks.retrieve(created.id)).Subject, 'Three');

  const several = conn.sobject('UpsertTable__c');
  await several.create([{ ExtId__c: 'E1' }, { ExtId__c: 'E1' }]);
  const choices = await refused(several.upsert({ ExtId__c: 'E1', Name: 'x' }, 'ExtId__c'));
  assert.equal(choices.name, 'MULTIPLE_CHOICES');
  assert.match(choices.content[0], /^\/services\/data\/v66\.0\/sobjects\/UpsertTable__c\/a00/);

  const nowhere = await refused(tasks.upsert({ Nope__c: 'x' }, 'Nope__c'));
  assert.equal(nowhere.errorCode, 'NOT_FOUND');
  const absent = `/services/data/v${version}/sobjects/Task/${key}/call-9?updateOnly=true`;
  const absentError = await refused(conn.requestPatch(absent, { Subject: 'x' }));
  assert.equal(absentError.errorCode, 'NOT_FOUND');
});

test('many records are upserted in one request', async () => {
  const key = 'Aircall_Key__c';
  const records = ['many-1', 'many-2'].map((value) => ({ [key]: value }));
  const first = await conn.sobject('Task').upsert(records, key);
  const second = await conn.sobject('Task').upsert([...records, { [key]: 'many-3' }], key);
  assert.deepEqual(first.map(({ created }) => created), [true, true]);
  assert.deepEqual(second.map(({ created }) => created), [false, false, true]);
});

test('queries come in pages', async () => {
  const records = Array.from({ length: 450 }, (_, at) => ({ LastName: `Page ${String(at).padStart(3, '0')}` }));
  assert.equal((await sandbox('POST', 'records/Contact', records)).status, 201);
  const soql = "SELECT LastName FROM Contact WHERE LastName LIKE 'Page %' ORDER BY LastName";
  const headers = { 'Sforce-Query-Options': 'batchSize=200' };
  let page = await conn.query(soql, { headers });
  assert.deepEqual([page.totalSize, page.done, page.records.length], [450, false, 200]);
  const sizes = [page.records.length];
  while (!page.done) {
    page = await conn.queryMore(page.nextRecordsUrl, { headers });
    sizes.push(page.records.length);
  }
  assert.deepEqual(sizes, [200, 200, 50]);
  const all = await conn.query(soql, { autoFetch: true, headers });
  assert.deepEqual([all.records.length, all.records[449].LastName], [450, 'Page 449']);
});

test('a query is built, counted, and includes deleted records with scanAll', async () => {
  const accounts = conn.sobject('Account');
  const ids = (await accounts.create([{ Name: "O'Neil & Sons +1" }, { Name: 'Other' }])).map(({ id }) => id);
  const found = await accounts.find({ Name: "O'Neil & Sons +1" }, 'Id, Name, Owner.Email').sort('-CreatedDate').limit(5);
  assert.deepEqual(found.map(({ Id, Owner }) => [Id, Owner.Email]), [[ids[0], 'admin@example.com']]);
  assert.equal(await accounts.count({ Id: { $in: ids } }), 2);
  await accounts.destroy(ids[1]);
  const soql = 'SELECT Id FROM Account WHERE IsDeleted = true';
  assert.equal((await conn.query(soql)).totalSize, 0);
  assert.ok((await conn.query(soql, { scanAll: true })).totalSize > 0);
});

test('searches find by phone', async () => {
  await conn.sobject('Contact').create({ LastName: 'Roe', MobilePhone: '+33 6 12 34 56 78' });
  const sosl = 'FIND {"33612345678" OR "0612345678"} IN PHONE FIELDS RETURNING Contact(Id, LastName)';
  const { searchRecords } = await conn.search(sosl);
  assert.deepEqual(searchRecords.map(({ LastName }) => LastName), ['Roe']);
  const malformed = await refused(conn.search('FIND {x'));
  assert.equal(malformed.errorCode, 'MALFORMED_SEARCH');
});

test('objects describe themselves', async () => {
  const task = await conn.sobject('Task').describe();
  const field = (name) => task.fields.find((known) => known.name === name);
  assert.deepEqual([field('TaskSubtype').createable, field('TaskSubtype').updateable], [true, false]);
  assert.deepEqual([field('Aircall_Key__c').unique, field('Aircall_Key__c').externalId], [true, true]);
  const { sobjects } = await conn.describeGlobal();
  assert.ok(sobjects.some(({ name }) => name === 'Task'));
});

test('limits come from their resource and with every response', async () => {
  const { DailyApiRequests } = await conn.limits();
  assert.ok(DailyApiRequests.Max > DailyApiRequests.Remaining);
  const { used, limit } = conn.limitInfo.apiUsage;
  assert.deepEqual([used, limit], [DailyApiRequests.Max - DailyApiRequests.Remaining, DailyApiRequests.Max]);
});

test('many records are loaded with the bulk API', async () => {
  conn.bulk.pollInterval = 20;
  const names = Array.from({ length: 250 }, (_, at) => ({ LastName: `Bulk "${at}", Jr.`, Company: 'x' }));
  const inserted = await conn.bulk.load('Lead', 'insert', [...names, { LastName: 'No company' }]);
  assert.deepEqual(inserted.map(({ success }) => success), [...names.map(() => true), false]);
  assert.match(inserted[250].errors[0], /^REQUIRED_FIELD_MISSING:/);
  const found = conn.sobject('Lead').find({ LastName: { $like: 'Bulk "%", Jr.' } }, 'Id');
  const deleted = await found.destroy();
  assert.deepEqual(new Set(deleted.map(({ id }) => id)), new Set(inserted.slice(0, 250).map(({ id }) => id)));
  assert.equal(await conn.sobject('Lead').count({ Company: 'x' }), 0);
});

test('errors have a code and a message', async () => {
  const cases = [
    [() => conn.sobject('Task').create({ Nope: 1 }), 'INVALID_FIELD', /No such column 'Nope'/],
    [() => conn.sobject('Task').create({ Subject: 'x'.repeat(256) }), 'STRING_TOO_LONG', /max length=255/],
    [() => conn.sobject('Nope').create({}), 'NOT_FOUND', /resource does not exist/],
    [() => conn.query('SELECT Id FROM Nope'), 'INVALID_TYPE', /sObject type 'Nope' is not supported/],
    [() => conn.query('SELECT'), 'MALFORMED_QUERY', /unexpected token/],
    [() => new Connection({ instanceUrl, accessToken: 'x', version }).limits(), 'INVALID_SESSION_ID', /Session expired/],
  ];
  for (const [request, code, words] of cases) {
    const error = await refused(request());
    assert.equal(error.errorCode, code);
    assert.match(error.message, words);
  }
});

test('a composite is one request', async () => {
  const step = (referenceId, sobject, body) => ({
    method: 'POST', url: `/services/data/v${version}/sobjects/${sobject}`, referenceId, body,
  });
  const compositeRequest = [
    step('c', 'Contact', { LastName: 'Composite' }),
    step('t', 'Task', { WhoId: '@{c.id}', Subject: 'Call' }),
  ];
  const { compositeResponse } = await conn.requestPost(`/services/data/v${version}/composite`, {
    allOrNone: true, compositeRequest,
  });
  assert.deepEqual(compositeResponse.map(({ httpStatusCode }) => httpStatusCode), [201, 201]);
});

test('an expired session is refreshed, and the connected user is known', async () => {
  const oauth2 = new OAuth2({
    loginUrl: instanceUrl,
    clientId: env('SALESFORCE_CLIENT_ID'),
    clientSecret: env('SALESFORCE_CLIENT_SECRET'),
  });
  const refreshToken = env('SALESFORCE_REFRESH_TOKEN');
  const expired = new Connection({ oauth2, instanceUrl, accessToken: 'expired', refreshToken, version });
  let refreshed;
  expired.on('refresh', (token) => { refreshed = token; });
  assert.equal(typeof (await expired.query('SELECT Id FROM User')).totalSize, 'number');
  assert.equal(refreshed, expired.accessToken);
  const user = await expired.identity();
  assert.equal(user.email, 'admin@example.com');
  const dead = await refused(oauth2.refreshToken('5Aep861nope'));
  assert.deepEqual([dead.name, dead.message], ['invalid_grant', 'expired access/refresh token']);
});
