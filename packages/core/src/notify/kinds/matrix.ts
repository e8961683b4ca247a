/**
 * https://spec.matrix.org/latest/client-server-api/. Without a user the password is an access token. Each room is a sink of
 * its own; without rooms, all joined rooms are one.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { authority, encoded, flag, type Given, list, originOf } from "../Given.ts"
import { defineKind, http, json, together } from "../Kind.ts"
import type { Exchange } from "../Target.ts"

const textAt = (body: unknown, key: string): string | null =>
  Predicate.hasProperty(body, key) && typeof body[key] === "string" ? body[key] : null

const get = (url: string, headers: Readonly<Record<string, string>>): Exchange["request"] => ({
  method: "GET",
  url,
  headers,
  body: null
})

/** A room by its id (`!…`), or by its alias, whose `#` may be left out. */
const roomName = (room: string): string => (/^[!#]/.test(room) ? room : `#${room}`)

const exchangesFor = (given: Given, room: string | null, id: string, body: string): ReadonlyArray<Exchange> => {
  const api = `${originOf(given, flag(given, "disabletls", false))}/_matrix/client/v3`
  const sendTo = (headers: Readonly<Record<string, string>>) => (roomId: string) =>
    // The server takes a transaction once, so that a retry is not a second message.
    json(
      `${api}/rooms/${encoded(roomId)}/send/m.room.message/${encoded(`lastgood-${id}`)}`,
      { msgtype: "m.text", body },
      headers,
      "PUT"
    )
  const withToken = (token: string): ReadonlyArray<Exchange> => {
    const headers = { authorization: `Bearer ${token}` }
    if (room !== null) {
      // Accepts an invitation, resolves an alias, and changes nothing for a room that is joined.
      const join = json(`${api}/join/${encoded(roomName(room))}`, {}, headers)
      return [
        {
          ...join,
          next: (answer) => {
            const roomId = textAt(answer, "room_id")
            return roomId === null ? "the server named no room" : [sendTo(headers)(roomId)]
          }
        }
      ]
    }
    return [
      {
        request: get(`${api}/joined_rooms`, headers),
        next: (answer) => {
          const rooms = Predicate.hasProperty(answer, "joined_rooms") ? answer.joined_rooms : null
          const ids = Array.isArray(rooms) ? rooms.filter((one) => typeof one === "string") : []
          return ids.length === 0 ? "the user has joined no room" : ids.map(sendTo(headers))
        }
      }
    ]
  }
  const { password, user } = given
  if (user === "") return withToken(password)
  const login = json(`${api}/login`, {
    type: "m.login.password",
    identifier: { type: "m.id.user", user },
    password,
    // The same device each time, so that the server keeps one session.
    device_id: "LASTGOOD",
    initial_device_display_name: "lastgood"
  })
  return [
    {
      ...login,
      next: (answer) => {
        const token = textAt(answer, "access_token")
        return token === null ? "the server gave no access token" : withToken(token)
      }
    }
  ]
}

export const matrix = defineKind({
  form: "matrix://[<user>]:<password or token>@<host>/?rooms=<room>,…",
  params: ["rooms", "room", "disabletls"],
  flags: ["disabletls"],
  parse: (given) => {
    if (given.password === "") return Result.fail("it has neither a password nor an access token before the host")
    if (given.path.length > 0) return Result.fail("it has a path; name rooms as `?rooms=`")
    const rooms = list(given, "rooms", "room")
    const targets = rooms.length === 0 ? [null] : rooms
    return Result.succeed(
      targets.map((room) => ({
        host: given.host,
        identity: `${authority(given)} ${given.user || given.password} ${room ?? ""}`,
        target: http((message) => exchangesFor(given, room, message.id, together(message)))
      }))
    )
  }
})
