{{- /* Refuses values with a message. In "helm lint" fail only logs; to include what there is not fails there, too. */ -}}
{{- define "tcp-echo.refuse" -}}
{{- fail . }}
{{- include . . }}
{{- end }}

{{- /* A quantity of Kubernetes, as the schema has them, as a number. */ -}}
{{- define "tcp-echo.quantity" -}}
{{- $units := dict "" 1 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 }}
{{- mulf (regexFind "^[0-9.]+" (toString .)) (get $units (regexFind "[A-Za-z]*$" (toString .))) }}
{{- end }}

{{- /* What a schema cannot say, or not in a way that helps. */ -}}
{{- define "tcp-echo.validate" -}}
{{- if and .Chart.IsRoot (hasKey .Values "enabled") }}
{{- include "tcp-echo.refuse" "enabled is for a chart that has this one as a dependency" }}
{{- end }}
{{- if not .Values.image.repository }}
{{- include "tcp-echo.refuse" "Set image.repository to where you have pushed the image, such as registry.example.com/tcp-echo" }}
{{- end }}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) }}
{{- include "tcp-echo.refuse" "Set serviceAccount.name to one that exists, or serviceAccount.create to true" }}
{{- end }}
{{- include "tcp-echo.validateNames" . }}
{{- include "tcp-echo.validateConfig" . }}
{{- include "tcp-echo.validateTls" . }}
{{- include "tcp-echo.validateEnv" . }}
{{- include "tcp-echo.validatePod" . }}
{{- include "tcp-echo.validateResources" . }}
{{- include "tcp-echo.validateLabels" . }}
{{- if and .Values.metrics.rules.enabled (not .Values.metrics.podMonitor.enabled) }}
{{- include "tcp-echo.refuse" "metrics.rules.enabled needs metrics.podMonitor.enabled: the alerts select its job" }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
{{- include "tcp-echo.refuse" "autoscaling.minReplicas must not be greater than autoscaling.maxReplicas" }}
{{- end }}
{{- /* Its default cannot be told from a value that was set. */ -}}
{{- if and .enabled (ne (int $.Values.replicas) 2) }}
{{- include "tcp-echo.refuse" "replicas has no meaning with autoscaling.enabled: set autoscaling.minReplicas" }}
{{- end }}
{{- /* Without a request Kubernetes takes the limit for it. */ -}}
{{- if and .enabled (not (or (dig "requests" "cpu" "" $.Values.resources) (dig "limits" "cpu" "" $.Values.resources))) }}
{{- include "tcp-echo.refuse" "autoscaling.enabled needs resources.requests.cpu: the target is a share of it" }}
{{- end }}
{{- end }}
{{- if and .Values.tcpRoute.enabled (not .Values.tcpRoute.parentRefs) }}
{{- include "tcp-echo.refuse" "tcpRoute.parentRefs must name a Gateway when tcpRoute.enabled is true" }}
{{- end }}
{{- with .Values.service }}
{{- if and (eq .type "ClusterIP") .nodePort }}
{{- include "tcp-echo.refuse" "service.nodePort needs service.type NodePort or LoadBalancer" }}
{{- end }}
{{- if and (eq .type "ClusterIP") .externalTrafficPolicy }}
{{- include "tcp-echo.refuse" "service.externalTrafficPolicy needs service.type NodePort or LoadBalancer" }}
{{- end }}
{{- if and (ne .sessionAffinity "ClientIP") .sessionAffinityTimeoutSeconds }}
{{- include "tcp-echo.refuse" "service.sessionAffinityTimeoutSeconds needs service.sessionAffinity ClientIP" }}
{{- end }}
{{- if and (ne .type "LoadBalancer") .loadBalancerClass }}
{{- include "tcp-echo.refuse" "service.loadBalancerClass needs service.type LoadBalancer" }}
{{- end }}
{{- if and (ne .type "LoadBalancer") .loadBalancerSourceRanges }}
{{- include "tcp-echo.refuse" "service.loadBalancerSourceRanges needs service.type LoadBalancer" }}
{{- end }}
{{- if and (eq (len (.ipFamilies | default list)) 2) (not (has .ipFamilyPolicy (list "PreferDualStack" "RequireDualStack"))) }}
{{- include "tcp-echo.refuse" "service.ipFamilies with two families needs service.ipFamilyPolicy PreferDualStack or RequireDualStack" }}
{{- end }}
{{- end }}
{{- with .Values.healthService }}
{{- if and (eq .type "ClusterIP") .nodePort }}
{{- include "tcp-echo.refuse" "healthService.nodePort needs healthService.type NodePort" }}
{{- end }}
{{- if and .enabled .nodePort (eq (int .nodePort) (int $.Values.service.nodePort)) }}
{{- include "tcp-echo.refuse" "service.nodePort and healthService.nodePort must differ" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tcp-echo.validateTls" -}}
{{- $bundle := dig "spring" "ssl" "bundle" "pem" "echo" "" .Values.config }}
{{- if and .Values.tls.secretName (or .Values.config.echo.ssl $bundle) }}
{{- include "tcp-echo.refuse" "tls.secretName makes config.echo.ssl and config.spring.ssl.bundle.pem.echo: leave them out, or it" }}
{{- end }}
{{- if and (ne .Values.tls.clientAuth "none") (not .Values.tls.secretName) }}
{{- include "tcp-echo.refuse" "tls.clientAuth needs tls.secretName, a Secret that has ca.crt, too" }}
{{- end }}
{{- with .Values.config.echo.ssl }}
{{- if and (has (index . "client-auth") (list "want" "need")) (not .bundle) }}
{{- include "tcp-echo.refuse" "config.echo.ssl.client-auth needs config.echo.ssl.bundle" }}
{{- end }}
{{- end }}
{{- if .Values.tlsRoute.enabled }}
{{- if not (include "tcp-echo.hasTls" .) }}
{{- include "tcp-echo.refuse" "tlsRoute.enabled needs tls.secretName: what the Gateway passes through is TLS" }}
{{- end }}
{{- if not .Values.tlsRoute.hostnames }}
{{- include "tcp-echo.refuse" "tlsRoute.hostnames must have a name when tlsRoute.enabled is true" }}
{{- end }}
{{- if not .Values.tlsRoute.parentRefs }}
{{- include "tcp-echo.refuse" "tlsRoute.parentRefs must name a Gateway when tlsRoute.enabled is true" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tcp-echo.validateConfig" -}}
{{- with .Values.config }}
{{- if eq (int .echo.port) (int .server.port) }}
{{- include "tcp-echo.refuse" "config.echo.port and config.server.port must differ" }}
{{- end }}
{{- $size := index .echo "max-message-size" | default "1B" }}
{{- if gt (mul (regexFind "^[0-9]+" $size | int) (hasSuffix "KB" $size | ternary 1024 1)) 16384 }}
{{- include "tcp-echo.refuse" (printf "config.echo.max-message-size, %s, must not be more than 16KB" $size) }}
{{- end }}
{{- $times := pick .echo "read-timeout" "drain-timeout" }}
{{- with dig "linger" "timeout" "" .echo }}
{{- $_ := set $times "linger.timeout" . }}
{{- end }}
{{- range $name, $time := $times }}
{{- if gt (include "tcp-echo.seconds" $time | float64) 86400.0 }}
{{- include "tcp-echo.refuse" (printf "config.echo.%s, %s, must not be longer than 24 hours" $name $time) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* However Spring Boot would take the name: in any case, with dots or underscores. Some it takes before config. */ -}}
{{- define "tcp-echo.validateEnv" -}}
{{- range .Values.env }}
{{- if regexMatch "(?i)^(echo|logging|management|server|spring)[._-]" .name }}
{{- include "tcp-echo.refuse" (printf "env must not have %s: settings of the application belong in config" .name) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The API server would say so, of some of them after other objects of the release are there. */ -}}
{{- define "tcp-echo.validatePod" -}}
{{- $volumes := list "tmp" }}
{{- $paths := list "/tmp" }}
{{- if .Values.tls.secretName }}
{{- $volumes = append $volumes "tls" }}
{{- $paths = append $paths "/tls" }}
{{- end }}
{{- include "tcp-echo.validateUnique" (dict "value" "env" "key" "name" "items" .Values.env "taken" list) }}
{{- include "tcp-echo.validateUnique" (dict "value" "extraVolumes" "key" "name" "items" .Values.extraVolumes "taken" $volumes) }}
{{- include "tcp-echo.validateUnique" (dict "value" "extraVolumeMounts" "key" "mountPath" "items" .Values.extraVolumeMounts "taken" $paths) }}
{{- include "tcp-echo.validateUnique" (dict "value" "extraContainers" "key" "name" "items" .Values.extraContainers "taken" (list "tcp-echo")) }}
{{- range .Values.extraVolumes }}
{{- $volumes = append $volumes .name }}
{{- end }}
{{- range .Values.extraVolumeMounts }}
{{- if not (has .name $volumes) }}
{{- include "tcp-echo.refuse" (printf "extraVolumeMounts has %s, which extraVolumes does not" .name) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tcp-echo.validateUnique" -}}
{{- $taken := .taken }}
{{- range .items }}
{{- $name := get . $.key | trimSuffix "/" }}
{{- if has $name $taken }}
{{- include "tcp-echo.refuse" (printf "%s must not have %s: there is one of that %s" $.value $name $.key) }}
{{- end }}
{{- $taken = append $taken $name }}
{{- end }}
{{- end }}

{{- /* With a limit of 160Mi the image starts by its AOT cache, with 128Mi the kernel kills it again and again. */ -}}
{{- define "tcp-echo.validateResources" -}}
{{- $limits := .Values.resources.limits | default dict }}
{{- range $name, $request := .Values.resources.requests }}
{{- $limit := get $limits $name }}
{{- if and $limit (gt (include "tcp-echo.quantity" $request | float64) (include "tcp-echo.quantity" $limit | float64)) }}
{{- include "tcp-echo.refuse" (printf "resources.requests.%s, %v, must not be greater than resources.limits.%s, %v" $name $request $name $limit) }}
{{- end }}
{{- end }}
{{- with $limits.memory }}
{{- if lt (include "tcp-echo.quantity" . | float64) (include "tcp-echo.quantity" "160Mi" | float64) }}
{{- include "tcp-echo.refuse" (printf "resources.limits.memory, %v, must be at least 160Mi: with less the JVM is killed while it starts" .) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "tcp-echo.validateLabels" -}}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" "app.kubernetes.io/version" "app.kubernetes.io/managed-by" "helm.sh/chart" }}
{{- if hasKey ($.Values.commonLabels | default dict) . }}
{{- include "tcp-echo.refuse" (printf "commonLabels must not have %s: it is the chart's own" .) }}
{{- end }}
{{- end }}
{{- range list "app.kubernetes.io/name" "app.kubernetes.io/instance" }}
{{- if hasKey ($.Values.podLabels | default dict) . }}
{{- include "tcp-echo.refuse" (printf "podLabels must not have %s: Services and policies select the pods by it" .) }}
{{- end }}
{{- if hasKey ($.Values.test.podLabels | default dict) . }}
{{- include "tcp-echo.refuse" (printf "test.podLabels must not have %s: network policies select the pod by it" .) }}
{{- end }}
{{- end }}
{{- range $name, $_ := .Values.test.podAnnotations }}
{{- if hasPrefix "helm.sh/" $name }}
{{- include "tcp-echo.refuse" (printf "test.podAnnotations must not have %s: it is the chart's own" $name) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What a release, an alias or an override is called may be more than a Service or a label. */ -}}
{{- define "tcp-echo.validateNames" -}}
{{- $name := include "tcp-echo.name" . }}
{{- $fullname := include "tcp-echo.fullname" . }}
{{- if not (regexMatch "^[A-Za-z0-9]([A-Za-z0-9_.-]{0,54}[A-Za-z0-9])?$" $name) }}
{{- include "tcp-echo.refuse" (printf "Set nameOverride: %s cannot be a label, which begins and ends with a letter or digit, and has 56 at most here" $name) }}
{{- end }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $fullname) }}
{{- include "tcp-echo.refuse" (printf "Set fullnameOverride: no Service can be called %s, only what has small letters, digits and hyphens, and begins with a letter" $fullname) }}
{{- end }}
{{- end }}
