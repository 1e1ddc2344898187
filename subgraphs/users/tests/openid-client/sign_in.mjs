// Signs in with openid-client, which is certified by the OpenID Foundation: discovery, code with PKCE,
// ID token, userinfo, refresh, introspection, client credentials and revocation, as any app would. The
// user's part, the two forms, is played by fetch.
//
//   node sign_in.mjs ISSUER CLIENT_ID CLIENT_SECRET USERNAME PASSWORD
//
// Writes what the library made of it as JSON on standard output; whatever it refuses ends the program.

import * as client from "openid-client";

const [issuer, clientId, clientSecret, username, password] = process.argv.slice(2);
const redirectUri = "https://player.example/callback";

const config = await client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
  // The service under test speaks HTTP on this machine.
  execute: [client.allowInsecureRequests],
});

const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();
const authorize = client.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: "openid profile email offline_access",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
});

const callback = await userAgrees(authorize);
const tokens = await client.authorizationCodeGrant(config, callback, {
  pkceCodeVerifier: verifier,
  expectedState: state,
  expectedNonce: nonce,
  idTokenExpected: true,
});
const { sub } = tokens.claims();
const user = await client.fetchUserInfo(config, tokens.access_token, sub);
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
const about = await client.tokenIntrospection(config, refreshed.access_token);
const own = await client.clientCredentialsGrant(config, { scope: "musicwallet" });
await client.tokenRevocation(config, refreshed.refresh_token);
const afterwards = await client.tokenIntrospection(config, refreshed.access_token);

console.log(
  JSON.stringify({
    sub,
    user,
    scope: tokens.scope,
    rotated: refreshed.refresh_token !== tokens.refresh_token,
    active: about.active,
    ownScope: own.scope,
    activeAfterRevocation: afterwards.active,
  }),
);

/** Opens the page, signs in, allows it, and returns where the browser is sent. */
async function userAgrees(url) {
  let page = await fetch(url, { redirect: "manual" });
  let cookie = cookieOf(page);
  page = await press(await page.text(), cookie, { action: "sign_in", username, password });
  cookie = cookieOf(page);
  page = await press(await page.text(), cookie, { action: "allow" });
  return new URL(page.headers.get("location"));
}

function press(html, cookie, fields) {
  const action = html.match(/action="([^"]*)"/)[1].replaceAll("&#38;", "&");
  const token = html.match(/name="form_token" value="([^"]*)"/)[1];
  return fetch(new URL(action, issuer), {
    method: "POST",
    redirect: "manual",
    headers: { cookie },
    body: new URLSearchParams({ form_token: token, ...fields }),
  });
}

function cookieOf(page) {
  return page.headers.get("set-cookie").split(";")[0];
}
