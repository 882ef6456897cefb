{{/* Who may open a connection to whom. All three take $; networkpolicies.yaml turns them into one policy for each pod. */}}

{{/* Where payguard's own pods listen. One that is not there has no policy, and no edge. */}}
{{- define "payguard.networkPods" -}}
callback-gateway: { http: 8080, operations: 9090 }
points:           { operations: 9090 }
alerter:          { http: 8080, operations: 9090 }
migrate:          {}
test:             {}
{{- if .Values.checkout.enabled }}
checkout:         { http: 8081, operations: 9090 }
{{- end }}
{{- range $name, $job := .Values.jobs }}{{ if $job.enabled }}
{{ $name }}: {}
{{- end }}{{ end }}
{{- if .Values.kafka.embedded.enabled }}
kafka:            { kafka: 9092 }
{{- end }}
{{- if .Values.database.embedded.enabled }}
mariadb:          { mariadb: 3306 }
{{- end }}
{{- if .Values.simulator.enabled }}
simulator:        { http: 8900 }
{{- end }}
{{- if .Values.receivers.enabled }}
receivers:        { http: 8025, smtp: 1025, smtps: 1465 }
{{- end }}
{{- end -}}

{{/*
The whole table; what stands in no line is refused, in both directions. Without "port": each port that is there. Everybody
may ask the cluster's DNS besides.
*/}}
{{- define "payguard.networkEdges" -}}
{{- $database := ternary "mariadb" "database" .Values.database.embedded.enabled -}}
- { to: callback-gateway, port: http,       from: [ingressController, test] }
- { to: callback-gateway, port: operations, from: [monitoring] }
- { to: points,           port: operations, from: [monitoring] }
# Alertmanager brings alerts.
- { to: alerter,                            from: [monitoring] }
- { to: checkout,         port: http,       from: [checkoutClients] }
- { to: checkout,         port: operations, from: [monitoring] }
- { to: kafka,            from: [callback-gateway, points, alerter, checkout, poll, migrate, test] }
- { to: {{ $database }},  from: [points, alerter, checkout, poll, probe, migrate, test] }
- { to: channels,         from: [alerter] }
- { to: tracing,          from: [callback-gateway, points, alerter, checkout, poll] }
{{- if .Values.simulator.enabled }}
- { to: simulator,        from: [checkout, poll, test] }
- { to: callback-gateway, port: http,       from: [simulator, probe] }
- { to: checkout,         port: http,       from: [test] }
{{- else }}
- { to: wechatpay,        from: [checkout, poll, test] }
- { to: callbackUrl,      from: [probe] }
# Many clusters shorten the way to their own public address: it ends at the controller's pods without leaving the cluster.
- { to: ingressController, from: [probe] }
{{- end }}
{{- if .Values.receivers.enabled }}
- { to: receivers,        from: [alerter] }
{{- end }}
{{- if eq .Values.environment "dev" }}
- { to: callback-gateway, port: http,       from: [developmentClients] }
- { to: checkout,         port: http,       from: [developmentClients] }
- { to: kafka,            from: [developmentClients] }
- { to: mariadb,          from: [developmentClients] }
- { to: simulator,        from: [developmentClients] }
- { to: receivers,        from: [developmentClients] }
{{- end }}
{{- end -}}

{{/* What is not payguard's own: NetworkPolicy peers, and the ports that it is reached on. "anywhere": nobody knows the peers. */}}
{{- define "payguard.networkOutside" -}}
{{- $policy := .Values.networkPolicy -}}
{{- range list "ingressController" "monitoring" "checkoutClients" "developmentClients" }}
{{ . }}:
  peers: {{ get $policy . | toJson }}
  ports: [{ protocol: TCP }]
{{- end }}
{{- if not .Values.kafka.embedded.enabled }}
kafka:
  peers: {{ toJson $policy.kafkaPeers }}
  anywhere: {{ empty $policy.kafkaPeers }}
  ports:
    {{- $ports := list }}
    {{- range .Values.kafka.brokers }}{{ $ports = append $ports (regexFind "[0-9]+$" .) }}{{ end }}
    {{- range uniq $ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- end }}
{{- if not .Values.database.embedded.enabled }}
database:
  peers: {{ toJson $policy.databasePeers }}
  anywhere: {{ empty $policy.databasePeers }}
  ports: [{ protocol: TCP, port: {{ .Values.database.port }} }]
{{- end }}
wechatpay:
  peers: {{ toJson $policy.internet }}
  ports: {{ include "payguard.portsOfUrls" (dict "urls" .Values.wechatpay.apiUrls) }}
callbackUrl:
  peers: {{ toJson $policy.internet }}
  {{- $urls := list }}
  {{- range .Values.merchants }}{{ $urls = append $urls (default "" .notifyUrl) }}{{ end }}
  ports: {{ include "payguard.portsOfUrls" (dict "urls" $urls) }}
channels:
  peers: {{ toJson $policy.internet }}
  ports:
    {{- range prepend $policy.mailPorts 443 | uniq }}
    - { protocol: TCP, port: {{ . }} }
    {{- end }}
{{- with .Values.tracing.endpoint }}
tracing:
  {{- /* collector or collector.namespace, with or without svc.cluster.local behind it. */}}
  {{- $name := include "payguard.isClusterName" . }}
  {{- $labels := regexReplaceAll "^https?://([^:/]*).*$" . "${1}" | splitList "." }}
  {{- if $policy.tracingPeers }}
  peers: {{ toJson $policy.tracingPeers }}
  {{- else if and $name (gt (len $labels) 1) }}
  peers: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: {{ index $labels 1 }} } } }]
  {{- else if $name }}
  peers: [{ podSelector: {} }]
  {{- end }}
  ports: {{ include "payguard.portsOfUrls" (dict "urls" (list .)) }}
{{- end }}
{{- end -}}

{{/* Takes an address; "true" where its host is a Service in this or in a named namespace. */}}
{{- define "payguard.isClusterName" -}}
{{- if regexMatch "^https?://[a-z0-9-]+(\\.[a-z0-9-]+)?(\\.svc(\\.cluster\\.local)?)?(:|/|$)" . }}true{{ end -}}
{{- end -}}

{{/* (dict "urls" (list "https://…" …)): the ports that they are reached on, as JSON; without any, that of https. */}}
{{- define "payguard.portsOfUrls" -}}
{{- $ports := list -}}
{{- range .urls -}}
{{-   $usual := ternary "80" "443" (hasPrefix "http://" .) -}}
{{-   $ports = append $ports (regexReplaceAll "^(https?://[^:/]*(:([0-9]+))?)?.*$" . "${3}" | default $usual) -}}
{{- end -}}
{{- $rules := list -}}
{{- range uniq $ports | default (list "443") -}}
{{-   $rules = append $rules (dict "protocol" "TCP" "port" (int .)) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}
