{{/* Whom payguard serves, and the Secrets that somebody must have made. Takes $; see _servers.tpl. */}}

{{- define "payguard.refusedMerchants" -}}
{{- $seen := list -}}
{{- if and (not .Values.merchants) (not .Values.simulator.enabled) }}
merchants is empty; add each merchant number that is to be served (docs/merchants.md).
{{- end }}
{{- range $i, $merchant := .Values.merchants }}
{{- $field := printf "merchants[%d]" $i }}
{{- $mchid := ternary $merchant.mchid (int64 $merchant.mchid | toString) (kindIs "string" $merchant.mchid) }}
{{- if not (kindIs "string" $merchant.mchid) }}
{{ $field }}.mchid is a number; put it in quotation marks.
{{- end }}
{{- if has $mchid $seen }}
{{ $field }}.mchid {{ $mchid }} stands twice; keep one entry of it.
{{- end }}
{{- $seen = append $seen $mchid }}
{{- if not $merchant.verificationSecret }}
{{ $field }}.verificationSecret of merchant {{ $mchid }} is empty; name the Secret with apiv3.key and WeChat Pay's own keys.
{{- end }}
{{- if not $merchant.signingSecret }}
{{ $field }}.signingSecret of merchant {{ $mchid }} is empty; name the Secret with apiclient_key.pem.
{{- else if eq $merchant.signingSecret $merchant.verificationSecret }}
{{ $field }} names one Secret as verificationSecret and signingSecret, and the public gateway would be given the private key; make two.
{{- end }}
{{- if not $.Values.simulator.enabled }}
{{- if $merchant.notifyUrl }}
{{- include "payguard.refusedNotifyUrl" (dict "root" $ "field" (printf "%s.notifyUrl" $field) "url" $merchant.notifyUrl) }}
{{- else if not $.Values.ingress.enabled }}
{{ $field }}.notifyUrl of merchant {{ $mchid }} is empty while ingress.enabled is false; give the gateway's public https address.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* (dict "root" $ "field" … "url" …): as packages/shared/src/config/notify-url.ts, so that the install fails and not the service. */}}
{{- define "payguard.refusedNotifyUrl" -}}
{{- if not (hasPrefix "https://" .url) }}
{{ .field }} {{ .url }} is not https, and WeChat Pay calls nothing else; give the gateway's public https address.
{{- else if regexMatch "[?#]" .url }}
{{ .field }} {{ .url }} has a query string or fragment, and WeChat Pay takes a plain path only; leave it out.
{{- else if contains "@" .url }}
{{ .field }} carries a user name or password; leave them out.
{{- else if gt (len .url) 255 }}
{{ .field }} has {{ len .url }} characters, and WeChat Pay takes 255 at most; give a shorter one.
{{- else }}
{{- $host := regexReplaceAll "^https://(\\[[^]]*\\]|[^:/]*).*$" .url "${1}" | lower | trimSuffix "." }}
{{- with include "payguard.whyNotPublic" $host }}
{{ $.field }} points at {{ $host }}, {{ . }} that WeChat Pay cannot reach; give the gateway's public https address.
{{- end }}
{{- $path := include "payguard.callbackPath" . }}
{{- $ingress := .root.Values.ingress }}
{{- if and $ingress.enabled (eq $host $ingress.host) (ne (regexReplaceAll "^https://[^/]*" .url "") $path) }}
{{ .field }} {{ .url }} is at ingress.host, where callbacks are taken at {{ $path }} alone; give that path, or leave notifyUrl empty.
{{- end }}
{{- end }}
{{- end -}}

{{/* Takes a host in lower case; prints nothing for one that may be public. The service itself looks at addresses again, closer. */}}
{{- define "payguard.whyNotPublic" -}}
{{- $private := list
  "0|10|127" "100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])" "169\\.254" "172\\.(1[6-9]|2[0-9]|3[01])"
  "192\\.168" "192\\.0\\.[02]" "192\\.88\\.99" "198\\.1[89]" "198\\.51\\.100" "203\\.0\\.113" "2(2[4-9]|[34][0-9]|5[0-5])"
-}}
{{- if regexMatch "^[0-9]+(\\.[0-9]+){3}$" . -}}
{{-   if regexMatch (printf "^(%s)\\." (join "|" $private)) . }}a private or reserved address{{ end -}}
{{- else if hasPrefix "[" . -}}
{{-   if not (regexMatch "^\\[[23]" .) }}a private or reserved address{{ end -}}
{{- else if regexMatch "(^|\\.)(localhost|local|internal|test|example|invalid|home\\.arpa)$" . -}}
a name of a private network
{{- else if not (regexMatch "^([a-z0-9_-]+\\.)+[a-z][a-z0-9-]*$" .) -}}
no public name
{{- end -}}
{{- end -}}

{{- define "payguard.refusedSecrets" -}}
{{- if and .Values.checkout.enabled (not .Values.checkout.apiKeysSecret) (not .Values.simulator.enabled) }}
checkout.apiKeysSecret is empty; name the Secret with api-keys.yaml (payguard api-key new), or turn checkout.enabled off.
{{- end }}
{{- if not .Values.receivers.enabled }}
{{- if not .Values.alerter.config }}
alerter.config is empty, so that nobody would hear of anything; say who is told what (docs/alerts-file.md).
{{- end }}
{{- if not .Values.alerter.alertmanagerTokenSecret }}
alerter.alertmanagerTokenSecret is empty; name the Secret with the token that Alertmanager brings.
{{- end }}
{{- if and (contains "secrets/" (toJson .Values.alerter.config)) (not .Values.alerter.existingSecret) }}
alerter.existingSecret is empty while alerter.config reads files under secrets/; name the Secret with these files.
{{- end }}
{{- end }}
{{- end -}}
