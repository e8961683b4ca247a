/** For `deno check`: what every module in a file has. Deno's own declarations say that some of it may be missing. */
interface ImportMeta {
  readonly url: string
  readonly main: boolean
  dirname: string
  filename: string
}
