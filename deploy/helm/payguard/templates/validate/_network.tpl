{{/* Who reaches whom. Takes $; see _servers.tpl. */}}

{{- define "payguard.refusedIngress" -}}
{{- $ingress := .Values.ingress -}}
{{- if $ingress.enabled }}
{{- if not $ingress.host }}
ingress.host is empty while ingress.enabled is true; give the public name that WeChat Pay calls, such as pay.example.com.
{{- else if not (regexMatch "^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)*[a-z]([-a-z0-9]*[a-z0-9])?$" $ingress.host) }}
ingress.host {{ $ingress.host }} is no host name; write the name alone in small letters, such as pay.example.com.
{{- else if not .Values.simulator.enabled }}
{{- with include "payguard.whyNotPublic" $ingress.host }}
ingress.host {{ $ingress.host }} is {{ . }} that WeChat Pay cannot reach; give the public name that it calls, such as pay.example.com.
{{- end }}
{{- end }}
{{- if and (eq .Values.environment "prod") (not $ingress.tlsSecret) (not (include "payguard.certificateOfAnnotation" .)) }}
ingress.tlsSecret is empty with environment prod, where WeChat Pay takes no certificate that a controller made up; name the Secret of the host's certificate.
{{- end }}
{{- end }}
{{- end -}}

{{/*
The annotation by which a cloud's load balancer is told of a certificate, such as alb.ingress.kubernetes.io/certificate-arn.
cert-manager's does not count: it writes into ingress.tlsSecret.
*/}}
{{- define "payguard.certificateOfAnnotation" -}}
{{- range keys .Values.ingress.annotations | sortAlpha }}
{{- if and (contains "cert" .) (not (contains "cert-manager.io/" .)) }}{{ . }}{{ end }}
{{- end }}
{{- end -}}

{{- define "payguard.refusedNetwork" -}}
{{- $policy := .Values.networkPolicy -}}
{{- if $policy.enabled }}
{{- if not $policy.dns }}
networkPolicy.dns is empty, so that no pod could look up a name; say where the cluster's DNS runs.
{{- end }}
{{- if not .Values.simulator.enabled }}
{{- if not $policy.ingressController }}
networkPolicy.ingressController is empty, so that no callback could come in; say where the ingress controller's pods run.
{{- end }}
{{- if not $policy.internet }}
networkPolicy.internet is empty, so that nobody could ask WeChat Pay; say which addresses lie outside.
{{- end }}
{{- if and .Values.checkout.enabled (not $policy.checkoutClients) }}
networkPolicy.checkoutClients is empty, so that nobody could call the order API; name the shop's pods, or turn checkout.enabled off.
{{- end }}
{{- end }}
{{- include "payguard.refusedPeers" $policy }}
{{- include "payguard.refusedMailPorts" . }}
{{- end }}
{{- with .Values.tracing.endpoint }}
{{- if not (regexMatch "^https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[^?#]*)?$" .) }}
tracing.endpoint {{ . }} is no address of an OTLP/HTTP collector; write it as http://otel-collector.observability:4318.
{{- else if and $policy.enabled (not $policy.tracingPeers) (not (include "payguard.isClusterName" .)) }}
networkPolicy.tracingPeers is empty while tracing.endpoint {{ . }} lies outside the cluster, and every service would be let out to anywhere; name its addresses.
{{- end }}
{{- end }}
{{- end -}}

{{/* Takes networkPolicy. */}}
{{- define "payguard.refusedPeers" -}}
{{- $lists := pick . "ingressController" "monitoring" "checkoutClients" "dns" "kafkaPeers" "databasePeers" "tracingPeers" "internet" "developmentClients" -}}
{{- range $i, $rule := .alerterEgress }}
{{- $_ := set $lists (printf "alerterEgress[%d].to" $i) ($rule.to | default list) }}
{{- end }}
{{- range $field, $peers := $lists }}
{{- range $i, $peer := $peers }}
{{- if and $peer.ipBlock (gt (len $peer) 1) }}
networkPolicy.{{ $field }}[{{ $i }}] has an ipBlock beside a selector, which Kubernetes refuses; make two peers of it.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What nobody lets out waits until it is given up. The receivers have ports of their own. */}}
{{- define "payguard.refusedMailPorts" -}}
{{- $policy := .Values.networkPolicy -}}
{{- $open := list "443" -}}
{{- range $policy.mailPorts }}{{ $open = append $open (int . | toString) }}{{ end -}}
{{- $channels := .Values.alerter.config.channels -}}
{{- if and (kindIs "map" $channels) (not $policy.alerterEgress) (not .Values.receivers.enabled) }}
{{- range $name, $channel := $channels }}
{{- if kindIs "map" $channel }}
{{- $port := default 587 $channel.port | int | toString }}
{{- if and (eq (toString $channel.type) "mail") (not (has $port $open)) }}
alerter.config.channels.{{ $name }} sends mail to port {{ $port }}, where networkPolicy.mailPorts lets nobody out; add it there, or name the server in networkPolicy.alerterEgress.
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
