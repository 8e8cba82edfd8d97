// An OpenID provider for tests: npm's oidc-provider on this host, with one client and a sign-in form that asks for an
// email address and nothing else. Started by oidc_provider.py, which gives the folder of node_modules as the argument
// and the client and the accounts as one line of JSON. Ends when its standard input does.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const input = createInterface({ input: process.stdin });
input.on("close", () => process.exit());
const { accounts, client } = JSON.parse(await new Promise((line) => input.once("line", line)));
const installed = createRequire(`${process.argv[2]}/package.json`).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(installed));

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;
const signingKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  clients: [client],
  jwks: { keys: [{ ...signingKey, use: "sig", alg: "RS256", kid: "of-this-run" }] },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  // The address stands in the ID token as well as behind the userinfo endpoint, as most providers do it.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => {
    const claims = accounts.find((account) => account.sub === id);
    return claims && { accountId: id, claims: () => claims };
  },
  // Everyone of the organisation has consented beforehand, as where an administrator has set up the application.
  loadExistingGrant: async ({ oidc }) => {
    const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const form = (remark) => `<!doctype html><html lang="en"><head><title>Sign in</title>
<link rel="icon" href="data:,"></head><body><h1>Sign in</h1>
<p role="alert">${remark}</p><form method="post"><label>Email <input name="email" type="email"></label>
<button>Sign in</button> <button name="refuse" value="yes">Cancel</button></form></body></html>`;

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

async function signIn(request, response) {
  await provider.interactionDetails(request, response);
  const answers = request.method === "POST" ? await bodyOf(request) : new URLSearchParams();
  const account = accounts.find(({ email }) => email === answers.get("email"));
  if (answers.has("refuse")) {
    await provider.interactionFinished(request, response, { error: "access_denied" });
  } else if (account) {
    await provider.interactionFinished(request, response, { login: { accountId: account.sub } });
  } else {
    response.writeHead(request.method === "POST" ? 403 : 200, { "content-type": "text/html; charset=utf-8" });
    response.end(form(request.method === "POST" ? "Nobody has this address." : ""));
  }
}

const answer = provider.callback();
server.on("request", (request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  return signIn(request, response).catch((error) => response.writeHead(400).end(String(error)));
});
console.log(`issuer ${issuer}`);
