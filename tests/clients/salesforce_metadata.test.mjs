// The metadata in infra/salesforce, read and converted by the library of the Salesforce CLI. Needs no org, no network.
//
// CLIENTS is the folder that @salesforce/source-deploy-retrieve and @salesforce/types are installed in.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

// The library would write a log into the home folder.
process.env.SF_DISABLE_LOG_FILE = 'true';
const require = createRequire(`${process.env.CLIENTS ?? assert.fail('CLIENTS is not set')}/`);
const { ComponentSet, ManifestResolver, MetadataConverter } = require('@salesforce/source-deploy-retrieve');
const library = require.resolve('@salesforce/source-deploy-retrieve');
const { Lifecycle } = createRequire(library)('@salesforce/core/lifecycle');

const repository = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(repository, 'infra/salesforce');
const project = JSON.parse(readFileSync(join(folder, 'sfdx-project.json'), 'utf8'));

/** Each manifest, with the package directories whose components it lists. */
const manifests = {
  'package.xml': ['force-app'],
  'app.xml': ['app', 'app-source-org'],
};

const warnings = [];
Lifecycle.getInstance().onWarning(async (warning) => warnings.push(warning));

const scratch = mkdtempSync(join(tmpdir(), 'salesforce-metadata-'));
after(() => rmSync(scratch, { recursive: true }));

const resolve = (directories) => ComponentSet.fromSource(directories.map((directory) => join(folder, directory)));
const names = (components) => Array.from(components, ({ type, fullName }) => `${type.name} ${fullName}`).sort();

/** All files in a folder, relative to it. */
function files(root, inner = root) {
  const entries = readdirSync(inner, { withFileTypes: true });
  const nested = entries.map((entry) => {
    const path = join(inner, entry.name);
    return entry.isDirectory() ? files(root, path) : [relative(root, path)];
  });
  return nested.flat().sort();
}

/** Converts components to what is sent to an org, and returns the folder. */
async function convert(components, name) {
  components.sourceApiVersion = project.sourceApiVersion;
  const output = { type: 'directory', outputDirectory: scratch, packageName: name, genUniqueDir: false };
  const { packagePath } = await new MetadataConverter().convert(components, 'metadata', output);
  return packagePath;
}

/** The settings of each converted component of the app, by type. */
async function converted() {
  const path = await convert(resolve(manifests['app.xml']), 'settings');
  const components = ComponentSet.fromSource(path).getSourceComponents().toArray();
  return Object.fromEntries(components.map((component) => [component.type.name, contents(component)]));
}

function contents(component) {
  const { '@_xmlns': namespace, ...settings } = component.parseXmlSync()[component.type.name];
  assert.equal(namespace, 'http://soap.sforce.com/2006/04/metadata', component.xml);
  return settings;
}

test('every file in the package directories belongs to a component of a known type', () => {
  const directories = project.packageDirectories.map(({ path }) => path);
  assert.deepEqual(directories.slice().sort(), Object.values(manifests).flat().sort());
  for (const directory of directories) {
    const components = resolve([directory]).getSourceComponents().toArray();
    const known = components.flatMap((component) => [component.xml, ...component.walkContent()]);
    const root = join(folder, directory);
    assert.deepEqual(known.map((path) => relative(root, path)).sort(), files(root));
  }
  assert.deepEqual(warnings, []);
});

test('each manifest lists exactly the components of its package directories', async () => {
  assert.deepEqual(files(join(folder, 'manifest')), Object.keys(manifests).sort());
  for (const [manifest, directories] of Object.entries(manifests)) {
    const { components, apiVersion } = await new ManifestResolver().resolve(join(folder, 'manifest', manifest));
    assert.deepEqual(names(components), names(resolve(directories)), manifest);
    assert.equal(apiVersion, project.sourceApiVersion, manifest);
  }
});

test('the components are converted to the files that an org expects', async () => {
  const expected = {
    'package.xml': ['objects/Activity.object', 'permissionsets/Aircall_Integration.permissionset'],
    'app.xml': [
      'externalClientApps/Aircall_to_Salesforce.eca',
      'extlClntAppGlobalOauthSets/Aircall_to_Salesforce_glbloauth.ecaGlblOauth',
      'extlClntAppOauthPolicies/Aircall_to_Salesforce_oauth_defaultPolicy.ecaOauthPlcy',
      'extlClntAppOauthSettings/Aircall_to_Salesforce_oauth.ecaOauth',
    ],
  };
  for (const [manifest, directories] of Object.entries(manifests)) {
    const components = resolve(directories);
    const path = await convert(components, manifest);
    assert.deepEqual(files(path), [...expected[manifest], 'package.xml'].sort());
    const sent = await new ManifestResolver().resolve(join(path, 'package.xml'));
    assert.deepEqual(names(sent.components), names(components), manifest);
    assert.equal(sent.apiVersion, project.sourceApiVersion);
  }
  assert.deepEqual(warnings, []);
});

test('the package holds only what a package may hold', () => {
  const packaged = project.packageDirectories.filter((directory) => directory.package);
  assert.deepEqual(packaged.map(({ path }) => path), ['app']);
  const names = Array.from(resolve(['app']), ({ type }) => type.name).sort();
  assert.deepEqual(names, ['ExternalClientApplication', 'ExtlClntAppOauthSettings']);
});

test('no file holds a credential', () => {
  for (const directory of Object.values(manifests).flat()) {
    for (const file of files(join(folder, directory))) {
      const text = readFileSync(join(folder, directory, file), 'utf8');
      assert.doesNotMatch(text, /<(consumerKey|consumerSecret|certificate|clientAssertionCertificate)>/, file);
    }
  }
});

test('the app is packaged, and its parts belong to it', async () => {
  const { ExternalClientApplication: app, ...parts } = await converted();
  assert.equal(app.distributionState, 'Packaged');
  for (const [type, part] of Object.entries(parts)) {
    assert.equal(part.externalClientApplication, 'Aircall_to_Salesforce', type);
  }
});

test('the app requires PKCE and the secret, rotates refresh tokens, and allows no other flow', async () => {
  const { ExtlClntAppGlobalOauthSettings: settings } = await converted();
  const { callbackUrl, externalClientApplication, label, ...switches } = settings;
  assert.deepEqual(switches, {
    isClientCredentialsFlowEnabled: 'false',
    isConsumerSecretOptional: 'false',
    isDeviceFlowEnabled: 'false',
    isIntrospectAllTokens: 'false',
    isPkceRequired: 'true',
    isRefreshTokenRotationEnabled: 'true',
    isSecretRequiredForRefreshToken: 'true',
    isTokenExchangeEnabled: 'false',
    // A deployment must not replace the key or secret that the stack uses.
    shouldRotateConsumerKey: 'false',
    shouldRotateConsumerSecret: 'false',
  });
});

test('a refresh token lasts 30 days after its last use, from any address, for whoever signs in', async () => {
  const { ExtlClntAppOauthConfigurablePolicies: settings } = await converted();
  const { externalClientApplication, label, ...policies } = settings;
  assert.deepEqual(policies, {
    ipRelaxationPolicyType: 'Bypass',
    permittedUsersPolicyType: 'AllSelfAuthorized',
    refreshTokenPolicyType: 'SpecificInactivity',
    refreshTokenValidityPeriod: '30',
    refreshTokenValidityUnit: 'Days',
  });
});

test('the scopes and the callback are those of the console', async () => {
  const settings = await converted();
  const source = readFileSync(join(repository, 'functions/console/src/auth/grant.rs'), 'utf8');
  const constant = (name) =>
    source.match(`const ${name}: &str = "(.*)";`)?.[1] ?? assert.fail(`grant.rs has no ${name}`);
  const spellings = { api: 'Api', refresh_token: 'RefreshToken', openid: 'OpenID' };
  const scopes = constant('SCOPE').split(' ').map((scope) => spellings[scope]);
  assert.equal(settings.ExtlClntAppOauthSettings.commaSeparatedOauthScopes, scopes.join(', '));
  const callback = new URL(settings.ExtlClntAppGlobalOauthSettings.callbackUrl);
  assert.deepEqual([callback.protocol, callback.pathname], ['https:', constant('CALLBACK')]);
});

test('every element and value exists in the Metadata API', () => {
  // The package does not say of which version of the API its types are: 1.7.1 is the last one of 66.0.
  assert.equal(project.sourceApiVersion, '66.0');
  const declarations = require.resolve('@salesforce/types/metadata').replace(/js$/, 'd.ts');
  const declared = types(readFileSync(declarations, 'utf8'));
  for (const component of resolve(Object.values(manifests).flat()).getSourceComponents()) {
    check(contents(component), component.type.name, component.fullName, declared);
  }
});

/** The object types and enumerations of TypeScript declarations. */
function types(text) {
  const found = new Map();
  for (const [, name, base, body] of text.matchAll(/^export type (\w+) = (?:(\w+) & )?\{\n([^}]*)\};$/gm)) {
    const fields = Array.from(body.matchAll(/^ +(\w+)(\??): (\w+)(\[\])?;$/gm), ([, field, optional, type, list]) =>
      [field, { required: !optional && !list, type, list }]);
    found.set(name, { base, fields: new Map(fields) });
  }
  for (const [, name, values] of text.matchAll(/^export type (\w+) = ('.*');$/gm)) {
    found.set(name, { values: values.split(' | ').map((value) => value.slice(1, -1)) });
  }
  assert.ok(found.size > 2000, `only ${found.size} types were read`);
  return found;
}

/** Checks a value against a declared type. */
function check(value, type, path, declared) {
  const { base, fields, values } = declared.get(type) ?? {};
  if (values) {
    assert.ok(values.includes(value), `${path}: ${value} is none of ${values}`);
  } else if (fields) {
    const all = new Map([...(declared.get(base)?.fields ?? []), ...fields]);
    for (const [name, { required }] of all) {
      assert.ok(!required || name in value, `${path}.${name} is missing`);
    }
    for (const [name, inner] of Object.entries(value)) {
      const field = all.get(name) ?? assert.fail(`${path}.${name} does not exist`);
      const several = [inner].flat();
      assert.ok(field.list || several.length === 1, `${path}.${name} exists once`);
      several.forEach((one) => check(one, field.type, `${path}.${name}`, declared));
    }
  } else {
    const forms = { boolean: /^(true|false)$/, number: /^\d+$/, string: /^/ };
    assert.match(value, forms[type] ?? assert.fail(`${path}: unknown type ${type}`), path);
  }
}
