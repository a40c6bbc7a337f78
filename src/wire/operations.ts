import { z } from 'zod'
import * as FactsWire from './facts.ts'
import * as GatewayWire from './gateway.ts'
import * as HubWire from './hub.ts'
import * as OpenAi from './openai.ts'
import * as SearchWire from './search.ts'
import * as SessionWire from './session.ts'
import * as SignalsWire from './signals.ts'

/** One route, as the API document shows it. */
export type Operation = {
  method: 'get' | 'post' | 'put' | 'delete'
  /** As Fastify writes it: `/api/dehug/models/:ns/:name`. */
  path: string
  summary: string
  /** Nobody, whoever sends a hub token (or a browser session), or whoever sends an inference key. */
  auth: 'none' | 'optional' | 'token' | 'key'
  query?: z.ZodObject
  body?: z.ZodType
  /** The JSON answer; undefined where it is no JSON of a fixed shape. */
  answer?: z.ZodType
}

type Rest = Partial<Pick<Operation, 'query' | 'body' | 'answer' | 'auth'>>
const route =
  (method: Operation['method'], usual: Operation['auth']) =>
  (path: string, summary: string, rest: Rest = {}): Operation => ({ method, path, summary, auth: usual, ...rest })

const read = route('get', 'optional')
const own = route('get', 'token')
const write = route('post', 'token')
const end = route('delete', 'token')
const paid = route('post', 'key')
const open = route('post', 'none')

const repo = '/api/dehug/models/:ns/:name'
const dataset = '/api/dehug/datasets/:ns/:name'

const search: Operation[] = [
  read('/api/dehug/search', 'Finds models and data sets: words, filters, orders, counts', {
    query: SearchWire.SearchQuery,
    answer: SearchWire.SearchFound,
  }),
  read('/api/dehug/suggest', 'What a search box shows while people type', {
    query: SearchWire.SuggestQuery,
    answer: SearchWire.Suggestions,
  }),
  read(`${repo}/similar`, 'Models like this one', { query: SearchWire.SimilarQuery, answer: SearchWire.Similar }),
  read('/api/dehug/license/check', 'Whether a child may be published under a license, given its parents', {
    query: FactsWire.LicenseQuery,
    answer: FactsWire.LicenseVerdict,
  }),
  read('/api/dehug/license/table', 'The licenses that are known, and what each asks of derivatives', {
    answer: FactsWire.LicenseList,
  }),
]

const facts: Operation[] = [
  ...[repo, dataset].flatMap((at) => [
    read(`${at}/lineage`, 'Where a repository comes from and what was made of it', { answer: FactsWire.Lineage }),
    read(`${at}/versions`, 'Versions, the newest first', { query: FactsWire.PageQuery, answer: FactsWire.Versions }),
  ]),
  read(`${repo}/economics`, "Terms, shares, revenue by day, payouts and the NFT's owners", {
    query: FactsWire.EconomicsQuery,
    answer: FactsWire.Economics,
  }),
  read(`${repo}/providers`, 'Who runs a model now, the cheapest first', { answer: FactsWire.Offers }),
  read('/api/dehug/providers', 'All providers that the chain knows', {
    query: FactsWire.ProvidersQuery,
    answer: FactsWire.Providers,
  }),
  read('/api/dehug/providers/:address', 'One provider: offers, claims, batches, proved contradictions', {
    answer: FactsWire.ProviderDetails,
  }),
  read('/api/dehug/receipts', 'What was settled: claims with the roots of the receipts behind them', {
    query: FactsWire.ClaimsQuery,
    answer: FactsWire.Claims,
  }),
  read('/api/dehug/batches/:root', 'One batch of receipts: where it lies and what was claimed with it', {
    answer: FactsWire.Batch,
  }),
  read('/api/dehug/stats', 'Counts of the network, with the queries that give them', { answer: FactsWire.Stats }),
]

const hub: Operation[] = [
  read('/api/dehug/network', 'Chain, contracts and origins of this network', { answer: HubWire.Network }),
  read('/api/dehug/files/:type/:ns/:name/:rev', 'All files of a commit with digests and CIDs', {
    answer: HubWire.CommitFiles,
  }),
  read('/api/dehug/manifest/:type/:ns/:name/:version', 'The manifest of a version, and whether it is anchored', {
    answer: HubWire.ManifestFound,
  }),
  write('/api/dehug/anchor', 'Mints a model or anchors a version by its owner’s signature', {
    body: HubWire.Anchor,
    answer: HubWire.Anchored,
  }),
  write('/api/dehug/terms', 'Changes the price terms of a model by its owner’s signature', {
    body: HubWire.SetTerms,
    answer: HubWire.TermsSet,
  }),
  read('/api/dehug/nonce', 'A nonce for signing in with a wallet', { auth: 'none', answer: HubWire.LoginNonce }),
  open('/api/dehug/tokens', 'Makes a token, by a wallet’s signature or another token', {
    auth: 'optional',
    body: HubWire.CreateToken,
    answer: HubWire.TokenCreated,
  }),
  own('/api/dehug/tokens', 'The caller’s tokens', { answer: z.array(HubWire.TokenListed) }),
  write('/api/dehug/tokens/:id/rotate', 'Gives a token a new secret', { answer: HubWire.TokenCreated }),
  end('/api/dehug/tokens/:id', 'Ends a token'),
  own('/api/dehug/delegations', 'Who may sign versions in the caller’s name'),
  write('/api/dehug/delegations', 'Lets the hub sign versions in the caller’s name'),
  own('/api/dehug/oauth-apps', 'Programs that the caller registered'),
  write('/api/dehug/oauth-apps', 'Registers a program'),
  end('/api/dehug/oauth-apps/:id', 'Removes a program'),
  own('/api/dehug/oauth-grants', 'Programs that may act for the caller'),
  end('/api/dehug/oauth-grants/:id', 'Takes a program’s permission back'),
  write('/api/dehug/device', 'Lets a device in whose code a person typed'),
  route('put', 'none')('/api/dehug/uploads/:rev', 'Takes the bytes of a large file under a signed link'),
  route('put', 'none')('/api/dehug/uploads/:rev/:part', 'Takes one part of a large file under a signed link'),
  open('/api/dehug/uploads/:rev', 'Completes an upload in parts'),
  read('/api/dehug/session', 'Who this browser is', { answer: SessionWire.Session }),
  open('/api/dehug/session', 'Signs a browser in with a wallet', {
    body: SessionWire.SignIn,
    answer: SessionWire.Session,
  }),
  end('/api/dehug/session', 'Signs this browser out', { auth: 'optional' }),
]

const signals: Operation[] = [
  write('/api/dehug/pulls', 'Counts a pull with a signed receipt', {
    body: SignalsWire.CountPull,
    answer: SignalsWire.PullCounted,
  }),
  read('/api/dehug/pulls/:type/:ns/:name', 'Counted pulls of a repository by day', { answer: SignalsWire.Pulls }),
  read('/api/dehug/leaderboards', 'Creators, providers, models and evaluations by what they did in a period', {
    query: SignalsWire.BoardQuery,
    answer: SignalsWire.Board,
  }),
  read(`${repo}/evaluations`, 'Results of a model: what its owner signed, then what only its card says', {
    answer: SignalsWire.Evaluations,
  }),
  read('/api/dehug/badges', 'The badges there are, and their rules', { answer: SignalsWire.BadgeKinds }),
  read('/api/dehug/badges/:account', 'The badges of an account', { answer: SignalsWire.Badges }),
  read('/api/dehug/seasons', 'Seasons, the present one first', { answer: SignalsWire.Seasons }),
  read('/api/dehug/seasons/:season', 'Who leads a season, or won it', { answer: SignalsWire.SeasonFound }),
  read('/api/dehug/reputation/:account', 'What an account did, in points', { answer: SignalsWire.Reputation }),
  read('/api/dehug/profiles/:account', 'A person, an organisation or a wallet', { answer: SignalsWire.Profile }),
  read('/api/dehug/signals', 'The formula of trending, and the days that were counted', { answer: SignalsWire.Days }),
  read('/api/dehug/signals/:epoch', 'All inputs and scores of a day', { answer: SignalsWire.DayFound }),
  own('/api/dehug/notifications', 'What happened that concerns the caller', { answer: SignalsWire.Notifications }),
  write('/api/dehug/notifications/read', 'Marks notifications as read', {
    body: SignalsWire.ReadNotifications,
    answer: SignalsWire.NotificationsRead,
  }),
]

const gateway: Operation[] = [
  open('/v1/quote', 'The most that a request can cost, under a signed offer', {
    body: GatewayWire.QuoteBody,
    answer: GatewayWire.QuoteResult,
  }),
  paid('/v1/chat/completions', 'Chat, as OpenAI has it', { body: OpenAi.ChatBody }),
  paid('/v1/completions', 'Completions, as OpenAI has them', { body: OpenAi.CompletionBody }),
  paid('/v1/embeddings', 'Embeddings, as OpenAI has them', { body: OpenAi.EmbeddingBody }),
  read('/v1/models', 'Models that are served now', { auth: 'none' }),
  read('/v1/models/*', 'One served model with its offers', { auth: 'none' }),
  open('/v1/sessions', 'Deposits and opens a session by one signature', {
    body: GatewayWire.SessionBody,
    answer: GatewayWire.SessionResult,
  }),
  open('/v1/sessions/revoke', 'Ends a session by its payer’s signature', {
    body: GatewayWire.RevokeBody,
    answer: GatewayWire.RevokeResult,
  }),
  route('get', 'key')('/v1/balance', 'Balance, limit and channels of a key', { answer: GatewayWire.Balance }),
  route('get', 'key')('/v1/receipts', 'Receipts of a key, the oldest first', { answer: GatewayWire.Receipts }),
  route('get', 'key')('/v1/receipts/:jobId', 'All that is needed to check one charge', {
    answer: GatewayWire.ReceiptView,
  }),
  open('/v1/withdrawals', 'Relays a signed withdrawal', {
    body: GatewayWire.WithdrawBody,
    answer: GatewayWire.WithdrawResult,
  }),
  paid('/v1/channels/release', 'Settles idle channels and frees what is left in them', {
    body: GatewayWire.ReleaseBody,
    answer: GatewayWire.ReleaseResult,
  }),
]

/** Every route below `/api/dehug` and `/v1`; a test compares them with those that are registered. */
export const operations: readonly Operation[] = [
  ...search,
  ...facts,
  ...hub,
  ...signals,
  ...gateway,
  read('/api/openapi.json', 'This document', { auth: 'none' }),
]
