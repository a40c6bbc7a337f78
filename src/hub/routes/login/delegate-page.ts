import type { FastifyReply } from 'fastify'
import { Account, Delegation, Repo } from '../../../catalog/index.ts'
import { Domain, type Hex, Json, Delegate as Message, RepoId, Struct } from '../../../core/index.ts'
import { LoginWire } from '../../../wire/index.ts'
import type { HubContext } from '../../context.ts'
import { applyDelegation } from '../../delegation/apply-delegation.ts'
import * as Delegate from '../../delegation/Delegate.ts'
import { delegationStates, type State } from '../../delegation/delegation-state.ts'
import { NoChain, RepoNotFound } from '../../errors.ts'
import * as BrowserSession from '../../login/BrowserSession.ts'
import { formOf } from '../../login/form.ts'
import { html, send } from '../../login/Html.ts'
import { hidden, signedInAs } from '../../login/SignInPage.ts'
import type { Route } from '../../request.ts'

const most = 16
const days = 90

/** The page where an owner signs, with an injected wallet, that the hub may anchor their commits. */
export const delegatePage: Route = (app, context) => {
  app.get('/login/delegate', async (request, reply) => {
    const visit = await BrowserSession.of(context, request, reply)
    if (!visit.user) return reply.redirect('/login?next=/login/delegate', 303)
    return showChoices(context, reply, visit, visit.user)
  })

  app.post('/login/delegate', async (request, reply) => {
    const form = formOf(request)
    const visit = await BrowserSession.of(context, request, reply)
    BrowserSession.assertOwnForm(request, visit, form)
    if (!visit.user) return reply.redirect('/login?next=/login/delegate', 303)
    const wishes = Struct.parseWith(
      LoginWire.SetDelegation.array().max(most),
      Json.parse(form.signed ?? ''),
      'delegation',
    )
    for (const wish of wishes) await apply(context, visit.user, wish)
    return send(reply, {
      title: 'Delegated',
      body: html`<ul>${wishes.map(({ repo }) => html`<li>${repo}</li>`)}</ul>
<p>Commits that arrive by git or huggingface_hub are anchored now, marked as delegated. <code>dehug login --undelegate</code> takes it back.</p>`,
    })
  })
}

const apply = async (
  context: HubContext,
  user: Account.Account,
  wish: ReturnType<typeof LoginWire.SetDelegation.parse>,
) => {
  const { db } = context.catalog
  const repo = await Repo.find(db, RepoId.parse(wish.repo))
  const role = repo && (await Account.roleIn(db, repo.ownerId, user.id))
  if (!repo || (role !== 'owner' && role !== 'admin')) throw new RepoNotFound(wish.repo)
  await applyDelegation(context, { repo, account: user.id, delegate: wish.delegate, signature: wish.signature as Hex })
}

const showChoices = async (
  context: HubContext,
  reply: FastifyReply,
  visit: BrowserSession.Visit,
  user: Account.Account,
): Promise<FastifyReply> => {
  const { chain, catalog, clock } = context
  if (!chain) throw new NoChain()
  const { address } = await Delegate.of(context)
  const repos = await Delegation.candidates(catalog.db, await Account.readableOwners(catalog.db, user.id), 100)
  const mine = (await delegationStates(context, chain, repos, address)).filter(({ owner }) => owner === user.address)
  const expiry = BigInt(Math.floor(clock().getTime() / 1000) + days * 86_400)
  const typed = (state: State) => typedData(context, state, address, expiry)
  return send(reply, {
    title: 'Let the hub anchor your commits',
    script,
    body: html`${signedInAs(visit)}<p>For ${days} days this hub (<code>${address}</code>) may sign new versions of the repositories you choose.
Each is one signature of your wallet. It cannot sell, rename or reprice anything, and a sale ends it.</p>
<form method="post" action="/login/delegate" id="delegate">${hidden(visit, { signed: '' })}
${mine
  .slice(0, most)
  .map(
    (state) =>
      html`<label><input type="checkbox" name="" data-repo="${state.repo}" data-typed="${typed(state)}"> ${state.repo}</label>`,
  )}${mine.length === 0 ? html`<p>No repository on chain belongs to your wallet yet.</p>` : undefined}
<button type="button" id="sign" hidden>Sign with your wallet</button><p id="said" role="status">This needs a wallet in this browser; otherwise run <code>dehug login --delegate</code>.</p></form>`,
  })
}

/** EIP-712 as `eth_signTypedData_v4` takes it. */
const typedData = ({ chain }: HubContext, state: State, delegate: Hex, expiry: bigint): string => {
  if (!chain) throw new NoChain()
  const fields = (text: string) =>
    text
      .slice(text.indexOf('(') + 1, -1)
      .split(',')
      .map((field) => ({ type: field.split(' ')[0], name: field.split(' ')[1] }))
  const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'
  const message = { modelId: BigInt(state.modelId), delegate, expiry, ownerEpoch: BigInt(state.ownerEpoch) }
  return JSON.stringify({
    types: { EIP712Domain: fields(domainType), Delegate: fields(Message.type) },
    primaryType: 'Delegate',
    domain: Domain.registry(chain.chainId, chain.deployment.contracts.ModelRegistry),
    message: Message.serialize(message),
  })
}

const script = `(()=>{const f=document.getElementById('delegate'),b=document.getElementById('sign'),o=document.getElementById('said');
if(!window.ethereum)return;b.hidden=false;o.textContent='';
b.addEventListener('click',async()=>{b.disabled=true;try{
const [a]=await window.ethereum.request({method:'eth_requestAccounts'});const all=[];
for(const c of f.querySelectorAll('input[type=checkbox]:checked')){
const signature=await window.ethereum.request({method:'eth_signTypedData_v4',params:[a,c.dataset.typed]});
all.push({repo:c.dataset.repo,delegate:JSON.parse(c.dataset.typed).message,signature})}
if(all.length){f.elements.signed.value=JSON.stringify(all);f.submit()}else{o.textContent='Choose a repository.';b.disabled=false}
}catch(e){o.textContent=e&&e.message?e.message:'The wallet refused.';b.disabled=false}})})()`
