// The app of the end-to-end tests: starts in a moment, keeps its rows in a file named after its schema, and migrates
// one way. What differs from version to version is in release.json. Like many a real app it starts, healthy, on data of
// a newer schema and does harm there: only the witness, a file outside of its volume, tells (LAW-2).
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"

const { FOLDER, LASTGOOD_VERSION, LASTGOOD_VOLUME_DATA, MARK, PORT, SECRET } = process.env
const release = JSON.parse(readFileSync("release.json", "utf8"))

const inData = (name) => join(LASTGOOD_VOLUME_DATA, name)
const read = (file) => (existsSync(file) ? readFileSync(file, "utf8") : "")
const rowsFile = inData(`rows.${release.schema}`)
const rows = () =>
  read(rowsFile)
    .split("\n")
    .filter((row) => row !== "")
const add = (row) => appendFileSync(rowsFile, `${row}\n`)

if (release.start === "exits") {
  process.stderr.write(`cannot start, SECRET is ${SECRET}\n`)
  process.exit(7)
}

const found = Number(read(inData("schema")) || 0)
appendFileSync(
  join(FOLDER, "witness"),
  `${JSON.stringify({ version: LASTGOOD_VERSION, schema: release.schema, found })}\n`
)
if (found < release.schema) {
  if (existsSync(inData(`rows.${found}`))) renameSync(inData(`rows.${found}`), rowsFile)
  writeFileSync(inData("schema"), `${release.schema}`)
}
if (release.writes !== null && !rows().includes(release.writes)) add(release.writes)

const page = () => JSON.stringify({ version: LASTGOOD_VERSION, schema: release.schema, rows: rows(), mark: MARK })

const server = createServer(async (request, response) => {
  if (request.url === "/health") {
    response.statusCode = existsSync(join(FOLDER, "sick")) ? 503 : release.health
    return response.end()
  }
  if (request.method === "POST") {
    let row = ""
    for await (const chunk of request.setEncoding("utf8")) row += chunk
    add(row)
    response.statusCode = 201
  }
  response.end(page())
}).listen(Number(PORT), "127.0.0.1")

// A port that somebody else took does not end it: as it would be behind a proxy, it is up and useless.
server.on("error", (error) => {
  process.stderr.write(`${error.message}\n`)
  setInterval(() => undefined, 60_000)
})

process.on("SIGTERM", () => {
  const until = performance.now() + release.slowStop
  const writing = setInterval(() => {
    if (performance.now() < until) return add("late")
    clearInterval(writing)
    process.exit(0)
  }, 5)
})
