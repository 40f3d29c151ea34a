/** A shell's commands that send one message as the bot; docs/bots.md explains them. */
export function curlExample(url: string, secret: string, text: string): string {
  // Inside '…' of a shell nothing but the quote itself has a meaning.
  const body = JSON.stringify({ text }).replaceAll("'", String.raw`\u0027`)
  return `URL='${url}'
SECRET='${secret}'
BODY='${body}'
ID="msg-$(date +%s)-$$"
AT=$(date +%s)
KEY=$(printf %s "\${SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
SIGNATURE=$(printf %s "$ID.$AT.$BODY" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | base64)
curl --fail-with-body -sS "$URL" -H 'Content-Type: application/json' -H "webhook-id: $ID" \\
  -H "webhook-timestamp: $AT" -H "webhook-signature: v1,$SIGNATURE" --data-binary "$BODY"
`
}
