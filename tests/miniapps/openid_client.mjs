// openid-client, as it comes from npm, signs somebody in. openid_client.mjs WEB_FOLDER JSON
// The JSON: issuer, client_id, client_secret, redirect_uri, cookie (the browser's session).
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, text] = process.argv.slice(2);
const said = JSON.parse(text);
const home = join(folder, "node_modules", "openid-client", "build", "index.js");
const client = await import(pathToFileURL(home).href);

const config = await client.discovery(
  new URL(said.issuer),
  said.client_id,
  said.client_secret,
  undefined,
  { execute: [client.allowInsecureRequests] },
);
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const start = client.buildAuthorizationUrl(config, {
  redirect_uri: said.redirect_uri,
  scope: "openid identity",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});
// The browser's part: it follows the address with its session, and is sent back.
const sent = await fetch(start, { redirect: "manual", headers: { Cookie: said.cookie } });
const back = new URL(sent.headers.get("location"));
const tokens = await client.authorizationCodeGrant(config, back, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const claims = tokens.claims();
const known = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const looked = await client.tokenIntrospection(config, renewed.access_token);
await client.tokenRevocation(config, renewed.refresh_token);
const after = await client.tokenIntrospection(config, renewed.access_token);
const own = await client.clientCredentialsGrant(config, { scope: "units.read" });
console.log(
  JSON.stringify({
    claims,
    known,
    renewed: renewed.scope,
    active: [looked.active, after.active],
    own: own.scope,
  }),
);
