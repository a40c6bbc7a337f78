import type { FastifyReply } from 'fastify'
import { Session } from '../../catalog/index.ts'
import type { Visit } from './BrowserSession.ts'
import { type Html, html, send } from './Html.ts'

/** Hidden fields that every form carries. */
export const hidden = ({ secret }: Visit, fields: Record<string, string | undefined> = {}): Html => {
  const all = { form: Session.formToken(secret), ...fields }
  return html`${Object.entries(all).map(([name, value]) =>
    value === undefined ? undefined : html`<input type="hidden" name="${name}" value="${value}">`,
  )}`
}

/** Whose page it is, and the way out. */
export const signedInAs = (visit: Visit): Html =>
  html`<form method="post" action="/logout">${hidden(visit)}<p>Signed in as <strong>${visit.user?.name}</strong>
<button>Sign out</button></p></form>`

/** Asks an injected wallet (EIP-1193) for its account and its signature under our message. */
const script = `(()=>{const f=document.getElementById('wallet'),b=document.getElementById('connect'),o=document.getElementById('said');
if(!window.ethereum)return;b.hidden=false;
const hex=t=>'0x'+[...new TextEncoder().encode(t)].map(x=>x.toString(16).padStart(2,'0')).join('');
b.addEventListener('click',async()=>{b.disabled=true;try{
const [a]=await window.ethereum.request({method:'eth_requestAccounts'});
const r=await fetch('/login/message?address='+encodeURIComponent(a));if(!r.ok)throw new Error('The hub did not make a message.');
const m=await r.text();const s=await window.ethereum.request({method:'personal_sign',params:[hex(m),a]});
f.elements.message.value=m;f.elements.signature.value=s;f.submit();
}catch(e){o.textContent=e&&e.message?e.message:'The wallet refused.';b.disabled=false}})})()`

export type Asked = {
  /** The page to go to afterwards. */
  next: string
  /** What the person types on the first visit of a wallet. */
  message?: string | undefined
  address?: string | undefined
}

/** Signs in with an injected wallet, a signature made elsewhere, or a token; all but the first work without scripts. */
export const sendSignIn = (reply: FastifyReply, visit: Visit, asked: Asked): FastifyReply =>
  send(reply, {
    title: 'Sign in',
    script,
    body: html`
<form method="post" action="/login" id="wallet">${hidden(visit, { next: asked.next, message: '', signature: '' })}
<button type="button" id="connect" hidden>Sign in with your wallet</button><p id="said" role="status"></p></form>
<details${asked.message === undefined ? undefined : html` open`}><summary>Sign with a wallet that is not in this browser</summary>${elsewhere(visit, asked)}</details>
<details><summary>Use a token</summary>
<form method="post" action="/login">${hidden(visit, { next: asked.next })}
<label for="token">A write token without limits, as <code>dehug login</code> keeps it</label>
<input id="token" name="token" type="password" autocomplete="off" required>
<button>Sign in</button></form></details>`,
  })

const elsewhere = (visit: Visit, { next, message, address }: Asked): Html =>
  message === undefined
    ? html`<form method="get" action="/login"><input type="hidden" name="next" value="${next}">
<label for="address">Address of the wallet</label>
<input id="address" name="address" pattern="0x[0-9a-fA-F]{40}" required spellcheck="false"><button>Show the message to sign</button></form>`
    : html`<form method="post" action="/login">${hidden(visit, { next, message })}
<p>Sign this text with ${address} as a personal message (EIP-191):</p><pre>${message}</pre>
<label for="signature">Signature</label><textarea id="signature" name="signature" rows="3" required spellcheck="false"></textarea>
<button>Sign in</button></form>`
