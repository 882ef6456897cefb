{{/* What is mounted into a pod, by the words of "files" (_pod.tpl). */}}

{{/* Secrets of the values, or with simulator and receivers the well-known ones of templates/development. */}}
{{- define "payguard.apiKeysSecret" -}}
{{- $development := printf "%s-development-api-key" (include "payguard.fullname" .) -}}
{{ default (ternary $development "" .Values.simulator.enabled) .Values.checkout.apiKeysSecret }}
{{- end -}}

{{- define "payguard.alertSecrets" -}}
{{- $development := printf "%s-development-alerts" (include "payguard.fullname" .) -}}
{{ default (ternary $development "" .Values.receivers.enabled) .Values.alerter.existingSecret }}
{{- end -}}

{{- define "payguard.alertmanagerTokenSecret" -}}
{{- $development := printf "%s-development-alertmanager" (include "payguard.fullname" .) -}}
{{ default (ternary $development "" .Values.receivers.enabled) .Values.alerter.alertmanagerTokenSecret }}
{{- end -}}

{{/*
What of "files" is mounted where, as {files: [{path, volume}]}. A merchant's keys are nested in the folder of
merchants.yaml; the kubelet makes mount points within ConfigMaps and Secrets itself.
*/}}
{{- define "payguard.files" -}}
{{- $fullname := include "payguard.fullname" .root -}}
{{- $merchants := (include "payguard.merchants" .root | fromJson).merchants -}}
files:
{{- if has "merchants" .files }}
  - path: /etc/payguard/merchants
    volume: { name: merchants, configMap: { name: {{ $fullname }}-merchants } }
{{- end }}
{{- if has "verification" .files }}
{{- range $merchants }}
  - path: /etc/payguard/merchants/{{ .mchid }}/verification
    volume: { name: verification-{{ .mchid }}, secret: { secretName: {{ .verificationSecret | quote }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- if has "signing" .files }}
{{- range $merchants }}
  - path: /etc/payguard/merchants/{{ .mchid }}/signing
    volume: { name: signing-{{ .mchid }}, secret: { secretName: {{ .signingSecret | quote }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- if has "api-keys" .files }}
  - path: /etc/payguard/api-keys
    volume:
      name: api-keys
      secret:
        secretName: {{ include "payguard.apiKeysSecret" .root | quote }}
        defaultMode: 0440
        items: [{ key: api-keys.yaml, path: api-keys.yaml }]
{{- end }}
{{- if has "api-key" .files }}
  - path: /etc/payguard/api-key
    volume:
      name: api-key
      secret:
        secretName: {{ include "payguard.apiKeysSecret" .root | quote }}
        defaultMode: 0440
        items: [{ key: api-key, path: api-key }]
{{- end }}
{{- if has "alerts" .files }}
  - path: /etc/payguard/alerts
    volume: { name: alerts, configMap: { name: {{ $fullname }}-alerts } }
{{- with include "payguard.alertSecrets" .root }}
  - path: /etc/payguard/alerts/secrets
    volume: { name: alert-secrets, secret: { secretName: {{ . | quote }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- if has "alertmanager" .files }}
  - path: /etc/payguard/alertmanager
    volume:
      name: alertmanager
      secret:
        secretName: {{ include "payguard.alertmanagerTokenSecret" .root | quote }}
        defaultMode: 0440
        items: [{ key: token, path: token }]
{{- end }}
{{- with .root.Values.trustedCa }}
{{- if .existingSecret }}
  - path: /etc/payguard/ca
    volume:
      name: ca
      secret: { secretName: {{ .existingSecret | quote }}, items: [{ key: {{ .key | quote }}, path: ca.crt }] }
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.volumes" -}}
{{- with (include "payguard.files" . | fromYaml).files -}}
volumes:
{{- range . }}
  - {{ toYaml .volume | indent 4 | trim }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.volumeMounts" -}}
{{- with (include "payguard.files" . | fromYaml).files -}}
volumeMounts:
{{- range . }}
  - name: {{ .volume.name }}
    mountPath: {{ .path }}
    readOnly: true
{{- end }}
{{- end }}
{{- end -}}
