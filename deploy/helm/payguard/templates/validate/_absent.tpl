{{/*
Secrets that are named and not there: pods would wait for them until the install is given up, and say so nowhere. Only
where helm speaks with the cluster (`helm template` does not), which is seen by the account that every namespace has. Takes $.
*/}}

{{- define "payguard.refusedAbsentSecrets" -}}
{{- if lookup "v1" "ServiceAccount" .Release.Namespace "default" }}
{{- range $i, $merchant := .Values.merchants }}
{{- $field := printf "merchants[%d]" $i }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" (printf "%s.verificationSecret" $field) "name" $merchant.verificationSecret "keys" (list "apiv3.key") "not" "apiclient_key.pem") }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" (printf "%s.signingSecret" $field) "name" $merchant.signingSecret "keys" (list "apiclient_key.pem")) }}
{{- end }}
{{- if not .Values.kafka.embedded.enabled }}
{{- if .Values.kafka.sasl.mechanism }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "kafka.sasl.existingSecret" "name" .Values.kafka.sasl.existingSecret "keys" (include "payguard.passwordKeys" .Values.kafka.sasl.users | fromJsonArray)) }}
{{- end }}
{{- end }}
{{- if not .Values.database.embedded.enabled }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "database.existingSecret" "name" .Values.database.existingSecret "keys" (include "payguard.passwordKeys" .Values.database.users | fromJsonArray)) }}
{{- end }}
{{- if .Values.checkout.enabled }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "checkout.apiKeysSecret" "name" .Values.checkout.apiKeysSecret "keys" (list "api-keys.yaml")) }}
{{- end }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "alerter.existingSecret" "name" .Values.alerter.existingSecret "keys" list) }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "alerter.alertmanagerTokenSecret" "name" .Values.alerter.alertmanagerTokenSecret "keys" (list "token")) }}
{{- if and .Values.ingress.enabled (not (contains "cert-manager.io/" (toJson .Values.ingress.annotations))) }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "ingress.tlsSecret" "name" .Values.ingress.tlsSecret "keys" (list "tls.crt" "tls.key")) }}
{{- end }}
{{- range $i, $name := .Values.image.pullSecrets }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" (printf "image.pullSecrets[%d]" $i) "name" $name "keys" list) }}
{{- end }}
{{- include "payguard.refusedAbsent" (dict "root" $ "field" "trustedCa.existingSecret" "name" .Values.trustedCa.existingSecret "keys" (list .Values.trustedCa.key)) }}
{{- end }}
{{- end -}}

{{/* The keys for these users, as JSON. */}}
{{- define "payguard.passwordKeys" -}}
{{- $keys := list -}}
{{- range keys . | sortAlpha }}{{ $keys = append $keys (printf "%s-password" .) }}{{ end -}}
{{- toJson $keys -}}
{{- end -}}

{{/* "field", "name": the Secret that it names; "keys" that it must have, "not" one that it must not. An empty name is somebody else's sentence. */}}
{{- define "payguard.refusedAbsent" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- if .name }}
{{- $secret := lookup "v1" "Secret" $namespace .name }}
{{- if not $secret }}
{{ .field }} names the Secret {{ .name }}, and the namespace {{ $namespace }} has none of that name; make it first.
{{- else }}
{{- range $key := .keys }}
{{- if not (hasKey ($secret.data | default dict) $key) }}
{{ $.field }} names the Secret {{ $.name }}, and it has no key {{ $key }}; add it.
{{- end }}
{{- end }}
{{- if and .not (hasKey ($secret.data | default dict) .not) }}
{{ .field }} names the Secret {{ .name }}, and it holds {{ .not }}, which the public gateway must not be given; move that to signingSecret.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
