// The app of the demo: a guestbook on node:http and node:sqlite. This file is the same in every version. The differences
// (the schema, and what is broken) are in release.mjs.
import { createServer } from "node:http"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { add, healthy, list, migrations } from "./release.mjs"

const { LASTGOOD_VERSION, LASTGOOD_VOLUME_DATA, PORT } = process.env

const db = new DatabaseSync(join(LASTGOOD_VOLUME_DATA, "guestbook.db"))
db.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000")
const schema = () => db.prepare("PRAGMA user_version").get().user_version

// Like most apps, it migrates forward at its start, one migration after the other, and cannot migrate back.
for (let next = schema() + 1; next <= migrations.length; next++) {
  db.exec(`BEGIN; ${migrations[next - 1]}; PRAGMA user_version = ${next}; COMMIT`)
}

const json = (response, status, body) =>
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`)

const bodyOf = async (request) => {
  let text = ""
  for await (const chunk of request.setEncoding("utf8")) text += chunk
  return text
}

const routes = {
  "GET /": (_, response) =>
    response.end(`Guestbook ${LASTGOOD_VERSION}. Sign it: curl --data "I was here" http://127.0.0.1:${PORT}/entries\n`),
  "GET /health": (_, response) => (healthy ? json(response, 200, { ok: true }) : json(response, 500, { ok: false })),
  "GET /entries": (_, response) =>
    json(response, 200, { version: LASTGOOD_VERSION, schema: schema(), entries: db.prepare(list).all() }),
  "POST /entries": async (request, response) => {
    db.prepare(add).run(await bodyOf(request))
    json(response, 201, { ok: true })
  }
}

const server = createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  if (route === undefined) return json(response, 404, { error: "not found" })
  try {
    await route(request, response)
  } catch (error) {
    json(response, 500, { error: String(error) })
  }
}).listen(Number(PORT), "127.0.0.1")

process.on("SIGTERM", () => {
  server.close()
  server.closeAllConnections()
  db.close()
  process.exit(0)
})
