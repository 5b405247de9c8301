# Freezes Exchange 2013 and later: see README for the verbs, the words and the exit status.
#
# not tested on a server
#
# usage: exchange.ps1 freeze [-For SECONDS] | check | thaw | count | arm -For SECONDS | disarm
#
# Run it on a transport server, as an organization administrator.  Enabled Send connectors are
# disabled, and the queues for other servers that exist are suspended on each transport server; what
# was disabled or suspended before stays so.  The state file is written before either.
# Set-ServerComponentState ... Draining would empty the queues instead, and stopping the transport
# service would stop incoming mail.  The timer is a task of Windows' own, which runs a copy of this.
param(
	[Parameter(Mandatory = $true, Position = 0)]
	[ValidateSet('freeze', 'check', 'thaw', 'count', 'arm', 'disarm')]
	[string]$Verb,
	[ValidateRange(1, 604800)]
	[int]$For = 0,
	[string]$State = "$env:ProgramData\egress25-freeze"
)

$ErrorActionPreference = 'Stop'
$task = 'egress25-thaw-exchange'
$file = Join-Path $State 'exchange.xml'
$copy = Join-Path $State 'exchange.ps1'
$outward = 'DnsConnectorDelivery', 'SmartHostConnectorDelivery'

function Say([string]$Key, $Value) {
	Write-Output "$Key $Value"
}

function Stop-Here([string]$Why) {
	[Console]::Error.WriteLine("egress25: exchange: $Why")
	exit 3
}

function Get-OutwardQueue {
	foreach ($server in Get-TransportService) {
		foreach ($type in $outward) {
			Get-Queue -Server $server.Name -Filter "DeliveryType -eq '$type'" -ResultSize Unlimited
		}
	}
}

# At the time, and at each start of the machine, for a task whose time has passed meanwhile.
function Set-Timer([int]$Seconds) {
	New-Item -ItemType Directory -Force $State | Out-Null
	if ($PSCommandPath -ne $copy) {
		Copy-Item $PSCommandPath $copy -Force
	}
	$words = "-NoProfile -ExecutionPolicy Bypass -File `"$copy`" thaw -State `"$State`""
	$action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $words
	$when = New-ScheduledTaskTrigger -Once -At (Get-Date).AddSeconds($Seconds)
	$settings = New-ScheduledTaskSettingsSet -StartWhenAvailable
	Register-ScheduledTask -TaskName $task -Action $action -Trigger $when -Settings $settings `
		-User 'SYSTEM' -RunLevel Highest -Force | Out-Null
	if (-not (Get-ScheduledTask -TaskName $task -ErrorAction SilentlyContinue)) {
		Stop-Here 'the timer does not stand, so nothing was frozen: may this account register tasks?'
	}
}

function Clear-Timer {
	Unregister-ScheduledTask -TaskName $task -Confirm:$false -ErrorAction SilentlyContinue
}

function Show-Timer {
	$info = Get-ScheduledTaskInfo -TaskName $task -ErrorAction SilentlyContinue
	if ($info -and $info.NextRunTime) {
		Say 'timer' "$(([DateTimeOffset]$info.NextRunTime).ToUnixTimeSeconds()) task"
	} else {
		Say 'timer' 'none'
	}
}

# The first state is kept: a second freeze adds the queues that have come up since.
function Set-Frozen {
	New-Item -ItemType Directory -Force $State | Out-Null
	$known = @{ Connectors = @(); Suspended = @() }
	if (Test-Path $file) {
		$known = Import-Clixml $file
	} else {
		$known.Connectors = @(Get-SendConnector | Where-Object Enabled | ForEach-Object { "$($_.Identity)" })
		$known.Suspended = @(Get-OutwardQueue | Where-Object Status -eq 'Suspended' |
			ForEach-Object { "$($_.Identity)" })
		$known | Export-Clixml "$file.new"
		Move-Item "$file.new" $file -Force
	}
	foreach ($connector in $known.Connectors) {
		Set-SendConnector $connector -Enabled $false
	}
	Get-OutwardQueue | Where-Object Status -ne 'Suspended' |
		ForEach-Object { Suspend-Queue -Identity $_.Identity -Confirm:$false }
}

function Set-Thawed {
	if (-not (Test-Path $file)) {
		Clear-Timer
		Write-Output 'nothing to undo'
		return
	}
	$known = Import-Clixml $file
	foreach ($connector in $known.Connectors) {
		Set-SendConnector $connector -Enabled $true
	}
	Get-OutwardQueue | Where-Object { $_.Status -eq 'Suspended' -and $known.Suspended -notcontains "$($_.Identity)" } |
		ForEach-Object { Resume-Queue -Identity $_.Identity -Confirm:$false }
	# what found no connector waits there, and is not tried again by itself
	foreach ($server in Get-TransportService) {
		Retry-Queue -Identity "$($server.Name)\Unreachable" -Resubmit $true -Confirm:$false `
			-ErrorAction SilentlyContinue
	}
	Remove-Item $file
	Clear-Timer
	Say 'frozen' 'no'
}

function Show-State {
	$enabled = @(Get-SendConnector | Where-Object Enabled)
	$queues = @(Get-OutwardQueue)
	$moving = @($queues | Where-Object Status -ne 'Suspended')
	$frozen = (Test-Path $file) -and $enabled.Count -eq 0 -and $moving.Count -eq 0
	$word = if ($frozen) { 'yes' } else { 'no' }
	Say 'mta' 'exchange'
	Say 'frozen' $word
	Say 'in_force' $word
	$running = @(Get-Service MSExchangeTransport -ErrorAction SilentlyContinue | Where-Object Status -eq 'Running')
	Say 'running' $(if ($running.Count) { 'yes' } else { 'no' })
	Say 'deliveries' @($queues | Where-Object Status -eq 'Active').Count
	Show-Timer
	Say 'note' 'not tested on a server'
	return
}

function Show-Count {
	$queues = @(Get-TransportService | ForEach-Object { Get-Queue -Server $_.Name -ResultSize Unlimited })
	Say 'queued' ([int]($queues | Measure-Object MessageCount -Sum).Sum)
	foreach ($group in $queues | Group-Object Status) {
		Say $group.Name.ToLowerInvariant() ([int]($group.Group | Measure-Object MessageCount -Sum).Sum)
	}
	$null_sender = @(Get-TransportService | ForEach-Object {
			Get-Message -Server $_.Name -Filter "FromAddress -eq '<>'" -ResultSize Unlimited })
	Say 'null_sender' $null_sender.Count
}

try {
	if (-not (Get-Command Get-SendConnector -ErrorAction SilentlyContinue)) {
		Add-PSSnapin Microsoft.Exchange.Management.PowerShell.SnapIn
	}
	switch ($Verb) {
		'freeze' { if ($For) { Set-Timer $For }; Set-Frozen }
		'thaw' { Set-Thawed; exit 0 }
		'count' { Show-Count; exit 0 }
		'arm' { if (-not $For) { exit 2 }; Set-Timer $For; Show-Timer; exit 0 }
		'disarm' { Clear-Timer; Show-Timer; exit 0 }
	}
	$said = @(Show-State)
	$said
	if ($said -contains 'frozen yes') { exit 0 }
	if ($Verb -eq 'freeze') { Stop-Here 'is not frozen though all was done for it: thaw, and look again' }
	exit 1
} catch {
	Stop-Here "$($_.Exception.Message): run it on a transport server, as an administrator"
}
