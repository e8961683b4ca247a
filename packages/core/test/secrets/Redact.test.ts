import { assert, describe, it } from "@effect/vitest"
import { confidentialIn, confidentialInSettings, confidentialOf } from "../../src/secrets/confidential.ts"
import { redact, redactShapes } from "../../src/secrets/Redact.ts"

const secret = `c4n@ry's "key"/+&<${"x"}>%$\\`
const base64 = (text: string) => Buffer.from(text).toString("base64")

/** Verifies: LAW-12 */
describe("redact", () => {
  it.each<readonly [name: string, text: string]>([
    ["plain", secret],
    ["URL-encoded", encodeURIComponent(secret)],
    ["URL-encoded in lower case", encodeURIComponent(secret).replace(/%../g, (c) => c.toLowerCase())],
    ["form-encoded", new URLSearchParams({ a: secret }).toString().slice(2)],
    ["JSON", JSON.stringify(secret).slice(1, -1)],
    [
      "JSON as Go writes it",
      JSON.stringify(secret).slice(1, -1).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ],
    ["in single quotes of a shell", secret.replaceAll("'", "'\\''")],
    ["in double and single quotes of a shell", secret.replaceAll("'", `'"'"'`)],
    ["escaped for a shell", secret.replace(/[^\w@%+=:,./-]/g, "\\$&")],
    ["with the $ of a compose file", secret.replaceAll("$", "$$$$")],
    ["hex", Buffer.from(secret).toString("hex")]
  ])("takes a value out: %s", (_, form) => {
    assert.strictEqual(redact(`before ${form} after`, [secret]), "before *** after")
  })

  it("removes a secret from base64, at any offset in the encoded text", () => {
    for (const before of ["", "u:", "user:", "admin:", "x"]) {
      const encoded = base64(`${before}${secret}:rest`)
      const shown = redact(encoded, [secret])
      assert.include(shown, "***")
      // What is left of it decodes to nothing of the secret but its outer bits.
      assert.notInclude(Buffer.from(shown.replaceAll("***", "    "), "base64").toString(), secret.slice(2, -2))
      const url = redact(Buffer.from(`${before}${secret}`).toString("base64url"), [secret])
      assert.include(url, "***")
    }
  })

  it("removes a secret that is wrapped over two lines", () => {
    const long = "correct-horse-battery-staple"
    for (let at = 1; at < long.length; at++) {
      assert.strictEqual(redact(`it is ${long.slice(0, at)}\n    ${long.slice(at)}.`, [long]), "it is ***.")
    }
  })

  it("removes the longer of two overlapping secrets, and short ones only as whole words", () => {
    assert.strictEqual(redact("abcdef abcd", ["abcd", "abcdef"]), "*** ***")
    assert.strictEqual(redact("abc in abcd, xabc and (abc)", ["abc"]), "*** in abcd, xabc and (***)")
    assert.strictEqual(redact("exit code 1, port 80", ["1", "80"]), "exit code 1, port 80")
  })

  it.each([
    ["password=hunter2 for db", "password=*** for db"],
    ["POSTGRES_PASSWORD: hunter2", "POSTGRES_PASSWORD: ***"],
    ['{"clientSecret":"a b c","id":1}', '{"clientSecret":***,"id":1}'],
    ["curl -u admin:hunter2 http://x", "curl -u admin:*** http://x"],
    ["mysql --password hunter2 -e x", "mysql --password *** -e x"],
    ["Authorization: Basic YWRtaW46aHVudGVyMg==", "Authorization: Basic ***"],
    ["authorization: Bearer abc.def", "authorization: Bearer ***"],
    ["Set-Cookie: sid=1234; Path=/", "Set-Cookie: ***"],
    ["postgres://app:hunter2@db/x", "postgres://db/x"],
    ["git https://bot:pa/ss@example.org/r.git", "git https://example.org/r.git"],
    ["users=admin:$apr1$abcdefgh$0123456789abcdefghijkl", "users=admin:***"],
    ["key eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl ok", "key *** ok"],
    [
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nxyz\n-----END RSA PRIVATE KEY-----",
      "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----"
    ],
    ["API_TOKEN: 12ab", "API_TOKEN: ***"]
  ])("knows by its look what nobody named: %s", (text, expected) => {
    assert.strictEqual(redactShapes(text), expected)
  })

  it.each([
    "secret web_db_password does not exist",
    "unexpected token: end of file",
    "services.web.environment must be a mapping",
    "no such image: registry.example.org:5000/app:1.2.3",
    "unknown key: volumes",
    "web ended at once (exit code 7)",
    "yaml: line 3: did not find expected key",
    "http://127.0.0.1:8080/health: 503 Service Unavailable",
    "permission denied: /var/lib/lastgood/web/claim",
    "the pass of the mountain is closed"
  ])("leaves readable what is no secret: %s", (text) => {
    assert.strictEqual(redactShapes(text), text)
  })

  it("does not take quadratic time", () => {
    const size = 200_000
    for (const piece of [
      "a.",
      "a-",
      "://",
      "a://b:",
      "password",
      "token:",
      "-----BEGIN PRIVATE KEY-----",
      "--",
      "%",
      "\n",
      "$1$",
      "eyJ",
      "'",
      "u:p@"
    ]) {
      const start = performance.now()
      redact(piece.repeat(size / piece.length), [secret, "correct-horse-battery-staple", "abc"])
      assert.isBelow(performance.now() - start, 10_000, `for ${JSON.stringify(piece)}`)
    }
  })
})

/** Verifies: LAW-12 */
describe("what is confidential", () => {
  const random = "xkT7vQ2mB9zR4wL8nH3c"
  it.each<readonly [name: string, value: string, secret: ReadonlyArray<string>]>([
    ["DB_PASSWORD", "abc", ["abc"]],
    ["DB_PW", "correct-horse", ["correct-horse"]],
    ["SMTP_SECRET", "first-line\nsecond-line", ["first-line", "second-line"]],
    ["API_KEY", "production", ["production"]],
    ["AUTH_TOKEN", "1234", ["1234"]],
    ["URL", "postgres://app:p%40ss@db/x", ["p%40ss", "p@ss"]],
    ["CONNECTION", "Server=db;Password=hunter22;Encrypt=yes", ["hunter22"]],
    ["OPTIONS", "--api-token=t0k3n --verbose", ["t0k3n"]],
    ["ANYTHING", random, [random]],
    ["TENANT", "550e8400-e29b-41d4-a716-446655440000", ["550e8400-e29b-41d4-a716-446655440000"]],
    ["HOOK", `https://hooks.example.org/services/${random}`, [`https://hooks.example.org/services/${random}`]]
  ])("is what a variable's name or its own look says: %s=%s", (name, value, secrets) => {
    const found = confidentialOf({ [name]: value })
    for (const secret of secrets) assert.include(found, secret)
  })

  it.each<readonly [name: string, value: string]>([
    ["TYPE", "mlflow"],
    ["BACKEND", "postgresql"],
    ["PORT", "8080"],
    ["DOMAIN", "web.example.org"],
    ["LOG", "info"],
    ["ADMIN_EMAIL", "admin@example.org"],
    ["DB_URL", "postgres://db:5432/directus"],
    ["MODEL_ROOT", "/var/lib/mlflow/artifacts-2026-01-01/runs"],
    ["JAVA_OPTS", "-Xmx512m -Dquarkus.http.host=0.0.0.0"],
    ["APP_IMAGE", "ghcr.io/acme/app:1.2.3@sha256:9f2c1e7a4b8d3065c1fe2a7790b4d8e6135fa0c2"],
    ["RELEASE", "10.7.1+26.6.2"],
    ["AUTH_ENABLED", "true"],
    ["DB_PASSWORD_FILE", "/run/secrets/db_password"]
  ])("is not what explains a failure: %s=%s", (name, value) => {
    assert.deepStrictEqual(confidentialOf({ [name]: value }), [])
  })

  it("includes literal values of a recipe, but not references", () => {
    const found = confidentialIn(
      [
        "environment: { POSTGRES_PASSWORD: hunter22, URL: 'redis://x:pw77@r/0' }",
        "- API_KEY=k3y3y3",
        `PASSWORD: \${DB_PASSWORD:-fallb4ck}`,
        `SECRET: \${SECRET}`,
        "users=admin:$$apr1$$abcdefgh$$0123456789abcdefghijkl",
        "web: ADMIN_PASS='two words' exec ./server --token t0k3n"
      ].join("\n")
    )
    for (const value of [
      "hunter22",
      "pw77",
      "k3y3y3",
      "fallb4ck",
      "$apr1$abcdefgh$0123456789abcdefghijkl",
      "two words",
      "t0k3n"
    ]) {
      assert.include(found, value)
    }
    assert.deepStrictEqual(
      found.filter((value) => value.includes("${")),
      []
    )
  })
})

describe("the settings of a plugin", () => {
  /** Verifies: LAW-12 */
  it("are secret if named like one, at any depth, or if they are passwords in URLs", () => {
    const settings = {
      admin: { password: "hunter22", name: "root" },
      mirrors: [{ url: "https://ci:pw%2377@example.org/x" }, { token: 421_337 }]
    }
    assert.deepStrictEqual(confidentialInSettings(settings), ["hunter22", "pw%2377", "pw#77", "421337"])
  })
})
