import { OauthScope } from '../../../catalog/index.ts'
import { originOf, type Route } from '../../request.ts'

/** Where everything is (OpenID Connect Discovery 1.0, RFC 8414). */
export const getOpenidConfiguration: Route = (app, context) => {
  for (const name of ['openid-configuration', 'oauth-authorization-server']) {
    app.get(`/.well-known/${name}`, async (request) => describe(originOf(context, request)))
  }
}

const clientAuthentication = ['none', 'client_secret_basic', 'client_secret_post']

const describe = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}/oauth/authorize`,
  token_endpoint: `${issuer}/oauth/token`,
  device_authorization_endpoint: `${issuer}/oauth/device`,
  userinfo_endpoint: `${issuer}/oauth/userinfo`,
  jwks_uri: `${issuer}/oauth/jwks`,
  revocation_endpoint: `${issuer}/oauth/revoke`,
  introspection_endpoint: `${issuer}/oauth/introspect`,
  scopes_supported: OauthScope.all,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  token_endpoint_auth_methods_supported: clientAuthentication,
  revocation_endpoint_auth_methods_supported: clientAuthentication,
  introspection_endpoint_auth_methods_supported: clientAuthentication,
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  prompt_values_supported: ['none', 'consent', 'login'],
  claims_supported: ['sub', 'name', 'preferred_username', 'profile', 'picture', 'email', 'email_verified', 'orgs'],
})
