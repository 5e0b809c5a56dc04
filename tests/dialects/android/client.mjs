// Drives the published client: what it is to call comes as JSON on standard input, what it got goes out as JSON.
import { readFileSync } from 'node:fs'

// The package is a module and does not say so, which older Node.js takes for CommonJS.
const code = readFileSync(new URL('node_modules/android-sms-gateway/dist/index.js', import.meta.url))
const { default: Client } = await import(`data:text/javascript;base64,${code.toString('base64')}`)

async function ask (method, url, headers, body) {
  const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? null : await answer.json()
}

const http = {
  get: (url, headers) => ask('GET', url, headers),
  post: (url, body, headers) => ask('POST', url, headers, body),
  put: (url, body, headers) => ask('PUT', url, headers, body),
  patch: (url, body, headers) => ask('PATCH', url, headers, body),
  delete: (url, headers) => ask('DELETE', url, headers)
}

const { base, key, calls } = JSON.parse(readFileSync(0, 'utf8'))
const client = new Client('anyone', key, http, base)
const got = []
for (const [name, ...args] of calls) {
  try {
    got.push(await client[name](...args))
  } catch (error) {
    got.push({ error: error.message })
  }
}
console.log(JSON.stringify(got))
