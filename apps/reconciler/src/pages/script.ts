/**
 * The one script of the pages: it keeps the act key, sends the forms of confirm pages, and follows the log. Everything can be
 * read without it. As text, like the stylesheet, so that the one file and every package has it.
 */
import { nextText } from "@lastgood/core/domain/Next"

export const script = String.raw`
"use strict"
const keyName = "lastgood-act"
const byId = (id) => document.getElementById(id)

// The act key arrives in the fragment once. The storage belongs to this origin, to which the port belongs. A browser may
// refuse it: then this page only reads, and says so where a button would be.
const stored = {
  read: () => {
    try { return localStorage.getItem(keyName) } catch { return null }
  },
  write: (key) => {
    try { key === null ? localStorage.removeItem(keyName) : localStorage.setItem(keyName, key) } catch {}
  }
}
const given = /^#act=([\w.-]+)$/.exec(location.hash)
if (given !== null) {
  stored.write(given[1])
  history.replaceState(null, "", location.pathname + location.search)
}
const showActs = () => document.documentElement.classList.toggle("can-act", stored.read() !== null)
showActs()
window.addEventListener("storage", showActs)

// Forms of confirm pages.
const send = async (form) => {
  const response = await fetch(form.action, {
    method: "POST",
    headers: {
      accept: "application/json",
      "content-type": "application/x-www-form-urlencoded",
      "x-lastgood-act": stored.read() ?? ""
    },
    body: new URLSearchParams(new FormData(form)).toString(),
    redirect: "error"
  })
  return { status: response.status, answer: await response.json() }
}
document.addEventListener("submit", async (event) => {
  const form = event.target
  if (!form.hasAttribute("data-act")) return
  event.preventDefault()
  if (form.hasAttribute("data-sent")) return
  form.setAttribute("data-sent", "")
  const button = form.querySelector("button")
  const refused = form.querySelector("[data-refused]")
  const label = button.textContent
  button.setAttribute("aria-disabled", "true")
  button.textContent = "Asking the daemon …"
  refused.textContent = ""
  try {
    const { answer, status } = await send(form)
    if (status < 300) return location.assign(answer.to)
    refused.textContent = answer.message + (answer.next ? ". Next: " + answer.next : "")
    if (status === 403) {
      stored.write(null)
      byId("link").textContent = refused.textContent
      showActs()
    }
  } catch {
    refused.textContent = "The daemon does not answer. It may have begun all the same: look at the page of the app first."
  }
  button.textContent = label
  button.removeAttribute("aria-disabled")
  form.removeAttribute("data-sent")
})

// Changes a page into a newer one in place, so that focus, scroll position and open details stay.
// What has the focus must never turn into something else: a link is known by where it leads.
const keyOf = (node) => {
  if (node.nodeType !== 1) return ""
  return node.id || node.getAttribute("data-key") || node.getAttribute("href") || ""
}
const isAlike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b)
const isOwn = (name, node) => name === "open" && node.nodeName === "DETAILS"
const morphAttributes = (from, to) => {
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !isOwn(name, from)) from.removeAttribute(name)
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value && !isOwn(name, from)) from.setAttribute(name, value)
  }
}
const morph = (from, to) => {
  if (from.nodeType !== 1) {
    if (from.data !== to.data) from.data = to.data
    return
  }
  if (from.isEqualNode(to)) return
  morphAttributes(from, to)
  let at = from.firstChild
  for (const wanted of [...to.childNodes]) {
    if (at !== null && isAlike(at, wanted)) {
      morph(at, wanted)
      at = at.nextSibling
      continue
    }
    const found = keyOf(wanted) === "" ? undefined : [...from.children].find((child) => isAlike(child, wanted))
    from.insertBefore(found ?? document.importNode(wanted, true), at)
    if (found !== undefined) morph(found, wanted)
  }
  while (at !== null) {
    const next = at.nextSibling
    at.remove()
    at = next
  }
}
const refocused = (change) => {
  const held = document.activeElement
  const href = held?.getAttribute("href")
  const id = held?.id
  change()
  if (held === null || held === document.body || document.activeElement === held) return
  const again = id ? byId(id) : href ? document.querySelector("main a[href=" + CSS.escape(href) + "]") : null
  again?.focus({ preventScroll: true })
}

// Follows the log.
const main = byId("main")
const link = byId("link")
let source = null
let busy = false
let due = null
let missed = false
let shownAt = new Date()
const say = (text, state) => {
  if (link.textContent !== text) link.textContent = text
  link.className = "link " + state
}
/** Whether the page could be read. */
const refresh = async () => {
  if (busy) {
    missed = true
    return true
  }
  busy = true
  try {
    const response = await fetch(location.pathname + location.search, { headers: { accept: "text/html" } })
    if (response.status === 401) {
      say("Your session has ended: run ${nextText(null, { do: "Dashboard" })} on the host for a new link.", "lost")
      close()
      return false
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html")
    const fresh = page.getElementById("main")
    // A newer daemon has another script.
    if (page.querySelector("script")?.getAttribute("src") !== document.querySelector("script").getAttribute("src")) {
      return location.reload()
    }
    if (!fresh?.hasAttribute("data-log")) return response.status < 500
    refocused(() => morph(main, fresh))
    document.title = page.title
    const { said } = fresh.dataset
    if (byId("spoken").textContent !== said) byId("spoken").textContent = said
    shownAt = new Date()
    say("live", "found")
    return true
  } catch {
    say("The daemon does not answer. This page is as of " + shownAt.toLocaleTimeString() + "; trying again.", "lost")
    return false
  } finally {
    busy = false
    if (missed) {
      missed = false
      soon()
    }
  }
}
const soon = () => {
  due ??= setTimeout(() => {
    due = null
    refresh()
  }, 300)
}
const close = () => {
  source?.close()
  source = null
}
const open = () => {
  if (source !== null || document.hidden) return
  source = new EventSource(main.dataset.log)
  source.onopen = () => say("live", "found")
  source.onmessage = soon
  source.onerror = () => {
    close()
    setTimeout(reopen, 1500)
  }
}
// The page that is read anew says from where to follow, also if another log has taken the place of the first.
const reopen = async () => {
  if (source !== null || document.hidden) return
  if (await refresh()) open()
  else if (link.className !== "link lost" || !link.textContent.startsWith("Your")) setTimeout(reopen, 1500)
}
if (main.hasAttribute("data-log")) {
  open()
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : reopen()))
  // Ages, and what is not in the log: whether the app is healthy now.
  setInterval(() => (document.hidden || source === null ? undefined : soon()), 15_000)
}
`
