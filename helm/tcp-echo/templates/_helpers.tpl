{{- define "tcp-echo.name" -}}
{{- .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- /* 56 characters: a test's or a pod's suffix must fit the 63 of a DNS label, too. */ -}}
{{- define "tcp-echo.fullname" -}}
{{- $name := include "tcp-echo.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 56 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 56 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 56 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Never anything that changes with a version: a Deployment's selector is immutable. */ -}}
{{- define "tcp-echo.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tcp-echo.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tcp-echo.labels" -}}
{{ include "tcp-echo.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Other than the service's, or the test's pod would be an endpoint of what it tests. */ -}}
{{- define "tcp-echo.testLabels" -}}
app.kubernetes.io/name: {{ include "tcp-echo.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tcp-echo.image" -}}
{{- $repository := required "Set image.repository to where you have pushed the image, such as registry.example.com/tcp-echo" .Values.image.repository }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "tcp-echo.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "tcp-echo.fullname" .) }}
{{- else }}
{{- required "Set serviceAccount.name to one that exists, or serviceAccount.create to true" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* With the next one: the restricted Pod Security Standard. The user is the image's; some clusters choose their own. */ -}}
{{- define "tcp-echo.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "tcp-echo.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}

{{- define "tcp-echo.drainTimeoutSeconds" -}}
{{- $drain := index .Values.config.echo "drain-timeout" }}
{{- mul (regexFind "^[0-9]+" $drain | int) (hasSuffix "m" $drain | ternary 60 1) }}
{{- end }}

{{- /* The service ends within its drain timeout and 5 s; 5 s more for a busy node. */ -}}
{{- define "tcp-echo.terminationGracePeriodSeconds" -}}
{{- add .Values.preStopSleepSeconds (include "tcp-echo.drainTimeoutSeconds" . | int) 10 }}
{{- end }}

{{- /* What a schema cannot say, or not in a way that helps. */ -}}
{{- define "tcp-echo.validate" -}}
{{- if eq (int .Values.config.echo.port) (int .Values.config.server.port) }}
{{- fail "config.echo.port and config.server.port must differ" }}
{{- end }}
{{- if hasKey (.Values.config.management | default dict) "server" }}
{{- fail "config.management.server is not for this chart: probes and metrics use Actuator at config.server.port" }}
{{- end }}
{{- with .Values.config.management }}
{{- if dig "endpoints" "web" "base-path" "" . }}
{{- fail "config.management.endpoints.web.base-path is not for this chart: probes and metrics use /actuator" }}
{{- end }}
{{- end }}
{{- if gt (include "tcp-echo.drainTimeoutSeconds" . | int) 86400 }}
{{- fail "config.echo.drain-timeout must not be longer than 24 hours" }}
{{- end }}
{{- if and .Values.metrics.rules.enabled (not .Values.metrics.podMonitor.enabled) }}
{{- fail "metrics.rules.enabled needs metrics.podMonitor.enabled: the alerts select its job" }}
{{- end }}
{{- range .Values.env }}
{{- if eq .name "SPRING_APPLICATION_JSON" }}
{{- fail "env must not have SPRING_APPLICATION_JSON: it is made of config" }}
{{- end }}
{{- end }}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) }}
{{- fail "autoscaling.minReplicas must not be greater than autoscaling.maxReplicas" }}
{{- end }}
{{- if and .Values.tcpRoute.enabled (not .Values.tcpRoute.parentRefs) }}
{{- fail "tcpRoute.parentRefs must name a Gateway when tcpRoute.enabled is true" }}
{{- end }}
{{- with .Values.service }}
{{- if and (eq .type "ClusterIP") .nodePort }}
{{- fail "service.nodePort needs service.type NodePort or LoadBalancer" }}
{{- end }}
{{- if and (eq .type "ClusterIP") .externalTrafficPolicy }}
{{- fail "service.externalTrafficPolicy needs service.type NodePort or LoadBalancer" }}
{{- end }}
{{- if and (ne .type "LoadBalancer") .loadBalancerClass }}
{{- fail "service.loadBalancerClass needs service.type LoadBalancer" }}
{{- end }}
{{- if and (ne .type "LoadBalancer") .loadBalancerSourceRanges }}
{{- fail "service.loadBalancerSourceRanges needs service.type LoadBalancer" }}
{{- end }}
{{- if and (eq (len .ipFamilies) 2) (not (has .ipFamilyPolicy (list "PreferDualStack" "RequireDualStack"))) }}
{{- fail "service.ipFamilies with two families needs service.ipFamilyPolicy PreferDualStack or RequireDualStack" }}
{{- end }}
{{- end }}
{{- end }}
