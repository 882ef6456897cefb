{{/* Whom payguard serves, and the file that says so. */}}

{{/* {"merchants": […]} as JSON: those of the values, or the well-known one of the simulator. */}}
{{- define "payguard.merchants" -}}
{{- if and .Values.simulator.enabled (not .Values.merchants) -}}
{{- dict "merchants" (list (include "payguard.developmentMerchant" . | fromYaml)) | toJson -}}
{{- else -}}
{{- dict "merchants" .Values.merchants | toJson -}}
{{- end -}}
{{- end -}}

{{/* The simulator's own, with the well-known keys of files/development. */}}
{{- define "payguard.developmentMerchant" -}}
{{- $known := dict -}}
{{- range $path, $text := .Files.Glob "files/development/**/merchant.json" -}}
{{-   $known = $.Files.Get $path | fromJson -}}
{{- end -}}
mchid: "1900000109"
appids: [wxd678efh567hg6787]
certificateSerial: {{ get $known "serialNo" | quote }}
verificationSecret: {{ include "payguard.fullname" . }}-development-verification
signingSecret: {{ include "payguard.fullname" . }}-development-signing
{{- end -}}

{{- define "payguard.callbackPath" -}}
/api/payment/wechat/callback
{{- end -}}

{{/* (dict "root" $ "merchant" …): the address that WeChat Pay is told to call. */}}
{{- define "payguard.notifyUrl" -}}
{{- $path := include "payguard.callbackPath" . -}}
{{- if .merchant.notifyUrl -}}
{{- .merchant.notifyUrl -}}
{{- else if .root.Values.simulator.enabled -}}
http://{{ include "payguard.fullname" .root }}-callback-gateway{{ $path }}
{{- else -}}
https://{{ .root.Values.ingress.host }}{{ $path }}
{{- end -}}
{{- end -}}

{{/* merchants.yaml (docs/merchants.md). Paths count from the file: beside it lie the keys, where a pod may have them. */}}
{{- define "payguard.merchantsFile" -}}
{{- $merchants := list -}}
{{- range (include "payguard.merchants" . | fromJson).merchants -}}
{{-   $entry := omit . "verificationSecret" "signingSecret" "certificateSerial" -}}
{{-   range $field, $value := $entry -}}
{{-     if kindIs "float64" $value -}}{{/* Or five million would read 5e+06. */}}
{{-       $_ := set $entry $field (int64 $value) -}}
{{-     end -}}
{{-   end -}}
{{-   $keys := dict
        "apiV3KeyFile" (printf "%s/verification/apiv3.key" .mchid)
        "verificationKeysDir" (printf "%s/verification" .mchid)
        "privateKeyFile" (printf "%s/signing/apiclient_key.pem" .mchid)
        "certificateSerial" .certificateSerial -}}
{{-   $notifyUrl := include "payguard.notifyUrl" (dict "root" $ "merchant" .) -}}
{{-   $merchants = append $merchants (merge (dict "notifyUrl" $notifyUrl "keys" $keys) $entry) -}}
{{- end -}}
{{- dict "merchants" $merchants | toYaml -}}
{{- end -}}
