// The app of the soak and of the crash images. Like a database it answers only for what is on disk: its data is one file,
// replaced by rename and synced. It migrates one way; on data of a newer schema it starts all the same, healthy, and does
// harm there (LAW-2): only the witness, a file outside of its volume, tells. What a version does is in release.json.
import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync
} from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"

const { LASTGOOD_VERSION, LASTGOOD_VOLUME_DATA, PORT, WITNESS } = process.env
const release = JSON.parse(readFileSync("release.json", "utf8"))
const file = join(LASTGOOD_VOLUME_DATA, "data.json")

const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { schema: 0, rows: [] })

const synced = (path, flags, text) => {
  const fd = openSync(path, flags)
  if (text !== null) writeSync(fd, text)
  fsyncSync(fd)
  closeSync(fd)
}
const write = (data) => {
  synced(`${file}.new`, "w", JSON.stringify(data))
  renameSync(`${file}.new`, file)
  synced(LASTGOOD_VOLUME_DATA, "r", null)
}

if (release.start === "exits") {
  process.stderr.write("cannot start\n")
  process.exit(7)
}

const found = read()
appendFileSync(
  WITNESS,
  `${JSON.stringify({ version: LASTGOOD_VERSION, schema: release.schema, found: found.schema })}\n`
)
const rows = found.rows.includes(release.writes) ? found.rows : [...found.rows, release.writes]
if (found.schema !== release.schema || rows.length !== found.rows.length) write({ schema: release.schema, rows })

createServer(async (request, response) => {
  if (request.url === "/health") {
    response.statusCode = release.health
    return response.end()
  }
  if (request.method === "POST") {
    let row = ""
    for await (const chunk of request.setEncoding("utf8")) row += chunk
    const data = read()
    write({ ...data, rows: [...data.rows, row] })
    response.statusCode = 201
  }
  response.end(JSON.stringify({ version: LASTGOOD_VERSION, ...read() }))
})
  // A port that somebody else took does not end it: as it would be behind a proxy, it is up and useless.
  .on("error", (error) => process.stderr.write(`${error.message}\n`))
  .listen(Number(PORT), "127.0.0.1")

process.on("SIGTERM", () => setTimeout(() => process.exit(0), release.slowStop))
setInterval(() => undefined, 1 << 30)
