{{/*
A service that runs all the time. Takes, beside what its pod may touch (_pod.tpl):
  "component"      its name, and that of its image
  "settings"       its values: replicas, resources, podAnnotations, and where its pods run (payguard.podDefaults)
  "scaled"         whether something else says how many pods there are
  "port"           where it listens; left out: for operators alone
  "drainSeconds"   how long it goes on answering once it is told to end
  "checksums"      files of the chart's own that it reads once, at its start
*/}}
{{- define "payguard.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "payguard.componentName" . }}
  labels:
    {{- include "payguard.labels" . | nindent 4 }}
spec:
  {{- if not .scaled }}
  replicas: {{ .settings.replicas }}
  {{- end }}
  selector:
    matchLabels:
      {{- include "payguard.selectorLabels" . | nindent 6 }}
  strategy:
    type: RollingUpdate
    # Never fewer than before: the next one is ready before the last one goes.
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels:
        {{- include "payguard.podLabels" . | nindent 8 }}
      {{- $annotations := mustMergeOverwrite (dict) .settings.podAnnotations }}
      {{- range $file, $text := .checksums }}
      {{- $_ := set $annotations (printf "checksum/%s" $file) (sha256sum $text) }}
      {{- end }}
      {{- with $annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "payguard.podDefaults" . | nindent 6 }}
      # Draining, then 20 s to stop in order, and some for a slow node.
      terminationGracePeriodSeconds: {{ add (default 0 .drainSeconds) 25 }}
      {{- with .root.Values.topologySpread }}
      {{- if .enabled }}
      topologySpreadConstraints:
        {{- range $key, $otherwise := dict "kubernetes.io/hostname" .whenUnsatisfiable "topology.kubernetes.io/zone" "ScheduleAnyway" }}
        - topologyKey: {{ $key }}
          maxSkew: 1
          whenUnsatisfiable: {{ $otherwise }}
          # A node that is being drained, or is kept for others, is no place that waits for a pod.
          nodeTaintsPolicy: Honor
          labelSelector:
            matchLabels:
              {{- include "payguard.selectorLabels" $ | nindent 14 }}
          # Of one revision: pods that are about to go must not say where the next ones may stand.
          matchLabelKeys: [pod-template-hash]
        {{- end }}
      {{- end }}
      {{- end }}
      containers:
        {{- $container := dict "name" .component "image" .component "resources" .settings.resources }}
        - {{ include "payguard.container" (merge $container .) | indent 10 | trim }}
          ports:
            {{- with .port }}
            - { name: http, containerPort: {{ . }} }
            {{- end }}
            - { name: operations, containerPort: 9090 }
          startupProbe:
            httpGet: { path: /health/live, port: operations }
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: 60
          # Looks at nothing outside the process: only a stuck one is started again.
          livenessProbe:
            httpGet: { path: /health/live, port: operations }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          # A pod that was ready stays so for a minute of failures: without Kafka all fail at once, and callers should get
          # 503 from one of them, not a refused connection. A pod that ends leaves its Service without any probe.
          readinessProbe:
            httpGet: { path: /health/ready, port: operations }
            periodSeconds: 3
            timeoutSeconds: 2
            failureThreshold: 20
      {{- with include "payguard.volumes" . }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end -}}

{{/* "component", "settings". Operators' port is not there: Prometheus asks each pod, and whoever reaches the Service only needs the other. */}}
{{- define "payguard.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "payguard.componentName" . }}
  labels:
    {{- include "payguard.labels" . | nindent 4 }}
  {{- with .settings.serviceAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  selector:
    {{- include "payguard.selectorLabels" . | nindent 4 }}
  ports:
    - { name: http, port: 80, targetPort: http }
{{- end -}}

{{/* "component", "settings", "atLeast": how many pods there are. With one alone it would stop every drain of a node. */}}
{{- define "payguard.pdb" -}}
{{- if ge (int .atLeast) 2 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "payguard.componentName" . }}
  labels:
    {{- include "payguard.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .settings.pdb.maxUnavailable }}
  # A pod that is not ready serves nobody; it must not keep a node from being drained.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "payguard.selectorLabels" . | nindent 6 }}
{{- end -}}
{{- end -}}
