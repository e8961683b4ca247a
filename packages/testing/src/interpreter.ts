/**
 * What runs a test runs lastgood in it, too. Deno lets a child inherit the runner's own channel, descriptor 3, with which
 * lastgood would run as two processes (LAW-17): a test that kills or names one of them means the one.
 */
export const interpreter: readonly [program: string, ...ReadonlyArray<string>] =
  "Deno" in globalThis
    ? ["sh", "-c", 'exec 3>&-; exec "$@"', "sh", process.execPath, "run", "--allow-all", "--no-config"]
    : [process.execPath]
