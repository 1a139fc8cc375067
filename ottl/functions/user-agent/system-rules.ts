// Which pattern of a user agent names which operating system: data of uap-core as ua-parser/uap-go has it at db9adb27a0b8
// (Apache-2.0, Copyright 2009 Google Inc.). One rule a line: a pattern, then ` -> ` and what stands for the name and each
// part of the version where it is not the pattern's next group. The first rule that matches decides.

export const SYSTEM_RULES = String.raw`
HbbTV/\d+\.\d+\.\d+ \( ;(LG)E ;NetCast 4.0 ->  ; 2013
HbbTV/\d+\.\d+\.\d+ \( ;(LG)E ;NetCast 3.0 ->  ; 2012
HbbTV/1.1.1 \(;;;;;\) Maple_2011 -> Samsung ; 2011
HbbTV/\d+\.\d+\.\d+ \(;(Samsung);SmartTV([0-9]{4});.{0,200}FXPDEUC ->  ;  ; UE40F7000
HbbTV/\d+\.\d+\.\d+ \(;(Samsung);SmartTV([0-9]{4});.{0,200}MST12DEUC ->  ;  ; UE32F4500
HbbTV/1\.1\.1 \(; (Philips);.{0,200}NETTV/4 ->  ; 2013
HbbTV/1\.1\.1 \(; (Philips);.{0,200}NETTV/3 ->  ; 2012
HbbTV/1\.1\.1 \(; (Philips);.{0,200}NETTV/2 ->  ; 2011
HbbTV/\d+\.\d+\.\d+.{0,100}(firetv)-firefox-plugin (\d+).(\d+).(\d+) -> FireHbbTV
HbbTV/\d+\.\d+\.\d+ \(.{0,30}; ?([a-zA-Z]+) ?;.{0,30}(201[1-9]).{0,30}\)
AspiegelBot|PetalBot -> Other
(Windows Phone) (?:OS[ /])?(\d+)\.(\d+)
(CPU[ +]OS|iPhone[ +]OS|CPU[ +]iPhone)[ +]+(\d+)[_\.](\d+)(?:[_\.](\d+)|).{0,100}Outlook-iOS-Android -> iOS
ArcGIS\.?(iOS|Android)-\d+\.\d+(?:\.\d+|)(?:[^\/]{1,50}|)\/(\d+)(?:\.(\d+)(?:\.(\d+)|)|)
ArcGISRuntime-(?:Android|iOS)\/\d+\.\d+(?:\.\d+|) \((Android|iOS) (\d+)(?:\.(\d+)(?:\.(\d+)|)|);
(Android) (\d+)(?:\.(\d+)).*CrKey -> Chromecast Android
Fuchsia.*(CrKey)(?:[/](\d+)\.(\d+)(?:\.(\d+)|)|) -> Chromecast Fuchsia
Linux.*(CrKey)(?:[/](\d+)\.(\d+)(?:\.(\d+)|)|).*DeviceType/SmartSpeaker -> Chromecast SmartSpeaker
Linux.*(CrKey)(?:[/](\d+)\.(\d+)(?:\.(\d+)|)|) -> Chromecast Linux
(Android)[ \-/](\d+)(?:\.(\d+)|)(?:[.\-]([a-z0-9]+)|)
(Android) Donut ->  ; 1 ; 2
(Android) Eclair ->  ; 2 ; 1
(Android) Froyo ->  ; 2 ; 2
(Android) Gingerbread ->  ; 2 ; 3
(Android) Honeycomb ->  ; 3
(Android) (\d+);
(Android): (\d+)(?:\.(\d+)(?:\.(\d+)|)|);
^UCWEB.{0,200}; (Adr) (\d+)\.(\d+)(?:[.\-]([a-z0-9]{1,100})|); -> Android
^UCWEB.{0,200}; (iPad|iPh|iPd) OS (\d+)_(\d+)(?:_(\d+)|); -> iOS
^UCWEB.{0,200}; (wds) (\d+)\.(\d+)(?:\.(\d+)|); -> Windows Phone
^(JUC).{0,200}; ?U; ?(?:Android|)(\d+)\.(\d+)(?:[\.\-]([a-z0-9]{1,100})|) -> Android
(android)\s(?:mobile\/)(\d+)(?:\.(\d+)(?:\.(\d+)|)|) -> Android
Quest -> Android
(Silk-Accelerated=[a-z]{4,5}) -> Android
(x86_64|aarch64)\ (\d+)\.(\d+)\.(\d+).{0,100}Chrome.{0,100}(?:CitrixChromeApp)$ -> Chrome OS
(XBLWP7) -> Windows Phone
(Windows ?Mobile) -> Windows Mobile
(Windows 10) -> Windows ; 10
(Windows (?:NT 5\.2|NT 5\.1)) -> Windows ; XP
(Win(?:dows NT |32NT\/)6\.1) -> Windows ; 7
(Win(?:dows NT |32NT\/)6\.0) -> Windows ; Vista
(Win 9x 4\.90) -> Windows ; ME
(Windows NT 6\.2; ARM;) -> Windows ; RT
(Win(?:dows NT |32NT\/)6\.2) -> Windows ; 8
(Windows NT 6\.3; ARM;) -> Windows ; RT 8 ; 1
(Win(?:dows NT |32NT\/)6\.3) -> Windows ; 8 ; 1
(Win(?:dows NT |32NT\/)6\.4) -> Windows ; 10
(Windows NT 10\.0) -> Windows ; 10
(Windows NT 5\.0) -> Windows ; 2000
(WinNT4.0) -> Windows ; NT 4.0
(Windows ?CE) -> Windows ; CE
Win(?:dows)? ?(95|98|3.1|NT|ME|2000|XP|Vista|7|CE) -> Windows ; $1
Win16 -> Windows ; 3.1
Win32 -> Windows ; 95
^Box.{0,200}Windows/([\d.]+); -> Windows ; $1
(Tizen)[/ ](\d+)\.(\d+)
Intel Mac OS X.+(CriOS|EdgiOS)/\d+ -> iOS
((?:Mac[ +]?|; )OS[ +]X)[\s+/](?:(\d+)[_.](\d+)(?:[_.](\d+)|)|Mach-O) -> Mac OS X
Mac OS X\s.{1,50}\s(\d+).(\d+).(\d+) -> Mac OS X ; $1 ; $2 ; $3
 (Dar)(win)/(9).(\d+).{0,100}\((?:i386|x86_64|Power Macintosh)\) -> Mac OS X ; 10 ; 5
 (Dar)(win)/(10).(\d+).{0,100}\((?:i386|x86_64)\) -> Mac OS X ; 10 ; 6
 (Dar)(win)/(11).(\d+).{0,100}\((?:i386|x86_64)\) -> Mac OS X ; 10 ; 7
 (Dar)(win)/(12).(\d+).{0,100}\((?:i386|x86_64)\) -> Mac OS X ; 10 ; 8
 (Dar)(win)/(13).(\d+).{0,100}\((?:i386|x86_64)\) -> Mac OS X ; 10 ; 9
Mac_PowerPC -> Mac OS
(?:PPC|Intel) (Mac OS X)
^Box.{0,200};(Darwin)/(10)\.(1\d)(?:\.(\d+)|) -> Mac OS X
darwin; arm64 -> Mac OS X
(Apple\s?TV)(?:/(\d+)\.(\d+)|) -> ATV OS X
(CPU[ +]OS|iPhone[ +]OS|CPU[ +]iPhone|CPU IPhone OS|CPU iPad OS)[ +]+(\d+)[_\.](\d+)(?:[_\.](\d+)|) -> iOS
(iPhone|iPad|iPod); Opera -> iOS
(iPhone|iPad|iPod).{0,100}Mac OS X.{0,100}Version/(\d+)\.(\d+) -> iOS
(CFNetwork)/(5)48\.0\.3.{0,100} Darwin/11\.0\.0 -> iOS
(CFNetwork)/(5)48\.(0)\.4.{0,100} Darwin/(1)1\.0\.0 -> iOS
(CFNetwork)/(5)48\.(1)\.4 -> iOS
(CFNetwork)/(4)85\.1(3)\.9 -> iOS
(CFNetwork)/(6)09\.(1)\.4 -> iOS
(CFNetwork)/(6)(0)9 -> iOS
(CFNetwork)/6(7)2\.(1)\.13 -> iOS
(CFNetwork)/6(7)2\.(1)\.(1)4 -> iOS
(CF)(Network)/6(7)(2)\.1\.15 -> iOS ; 7 ; 1
(CFNetwork)/6(7)2\.(0)\.(?:2|8) -> iOS
(CFNetwork)/709\.1 -> iOS ; 8 ; 0.b5
(CF)(Network)/711\.(\d) -> iOS ; 8
(CF)(Network)/(720)\.(\d) -> Mac OS X ; 10 ; 10
(CF)(Network)/(760)\.(\d) -> Mac OS X ; 10 ; 11
CFNetwork/7.{0,100} Darwin/15\.4\.\d+ -> iOS ; 9 ; 3 ; 1
CFNetwork/7.{0,100} Darwin/15\.5\.\d+ -> iOS ; 9 ; 3 ; 2
CFNetwork/7.{0,100} Darwin/15\.6\.\d+ -> iOS ; 9 ; 3 ; 5
(CF)(Network)/758\.(\d) -> iOS ; 9
CFNetwork/808\.3 Darwin/16\.3\.\d+ -> iOS ; 10 ; 2 ; 1
(CF)(Network)/808\.(\d) -> iOS ; 10
CFNetwork/.{0,100} Darwin/17\.\d+.{0,100}\(x86_64\) -> Mac OS X ; 10 ; 13
CFNetwork/.{0,100} Darwin/16\.\d+.{0,100}\(x86_64\) -> Mac OS X ; 10 ; 12
CFNetwork/8.{0,100} Darwin/15\.\d+.{0,100}\(x86_64\) -> Mac OS X ; 10 ; 11
CFNetwork/.{0,100} Darwin/(9)\.\d+ -> iOS ; 1
CFNetwork/.{0,100} Darwin/(10)\.\d+ -> iOS ; 4
CFNetwork/.{0,100} Darwin/(11)\.\d+ -> iOS ; 5
CFNetwork/.{0,100} Darwin/(13)\.\d+ -> iOS ; 6
CFNetwork/6.{0,100} Darwin/(14)\.\d+ -> iOS ; 7
CFNetwork/7.{0,100} Darwin/(14)\.\d+ -> iOS ; 8 ; 0
CFNetwork/7.{0,100} Darwin/(15)\.\d+ -> iOS ; 9 ; 0
CFNetwork/8.{0,100} Darwin/16\.5\.\d+ -> iOS ; 10 ; 3
CFNetwork/8.{0,100} Darwin/16\.6\.\d+ -> iOS ; 10 ; 3 ; 2
CFNetwork/8.{0,100} Darwin/16\.7\.\d+ -> iOS ; 10 ; 3 ; 3
CFNetwork/8.{0,100} Darwin/(16)\.\d+ -> iOS ; 10
CFNetwork/8.{0,100} Darwin/17\.0\.\d+ -> iOS ; 11 ; 0
CFNetwork/8.{0,100} Darwin/17\.2\.\d+ -> iOS ; 11 ; 1
CFNetwork/8.{0,100} Darwin/17\.3\.\d+ -> iOS ; 11 ; 2
CFNetwork/8.{0,100} Darwin/17\.4\.\d+ -> iOS ; 11 ; 2 ; 6
CFNetwork/8.{0,100} Darwin/17\.5\.\d+ -> iOS ; 11 ; 3
CFNetwork/9.{0,100} Darwin/17\.6\.\d+ -> iOS ; 11 ; 4
CFNetwork/9.{0,100} Darwin/17\.7\.\d+ -> iOS ; 11 ; 4 ; 1
CFNetwork/8.{0,100} Darwin/(17)\.\d+ -> iOS ; 11
CFNetwork/9.{0,100} Darwin/18\.0\.\d+ -> iOS ; 12 ; 0
CFNetwork/9.{0,100} Darwin/18\.2\.\d+ -> iOS ; 12 ; 1
CFNetwork/9.{0,100} Darwin/18\.5\.\d+ -> iOS ; 12 ; 2
CFNetwork/9.{0,100} Darwin/18\.6\.\d+ -> iOS ; 12 ; 3
CFNetwork/9.{0,100} Darwin/18\.7\.\d+ -> iOS ; 12 ; 4
CFNetwork/9.{0,100} Darwin/(18)\.\d+ -> iOS ; 12
CFNetwork/11.{0,100} Darwin/19\.2\.\d+ -> iOS ; 13 ; 3
CFNetwork/11.{0,100} Darwin/19\.3\.\d+ -> iOS ; 13 ; 3 ; 1
CFNetwork/11.{0,100} Darwin/19\.4\.\d+ -> iOS ; 13 ; 4
CFNetwork/11.{0,100} Darwin/19\.5\.\d+ -> iOS ; 13 ; 5
CFNetwork/11.{0,100} Darwin/19\.6\.\d+ -> iOS ; 13 ; 6
CFNetwork/1[01].{0,100} Darwin/19\.\d+ -> iOS ; 13
CFNetwork/12.{0,100} Darwin/20\.1\.\d+ -> iOS ; 14 ; 2
CFNetwork/12.{0,100} Darwin/20\.2\.\d+ -> iOS ; 14 ; 3
CFNetwork/12.{0,100} Darwin/20\.3\.\d+ -> iOS ; 14 ; 4
CFNetwork/12.{0,100} Darwin/20\.4\.\d+ -> iOS ; 14 ; 5
CFNetwork/12.{0,100} Darwin/20\.5\.\d+ -> iOS ; 14 ; 6
CFNetwork/12.{0,100} Darwin/20\.6\.\d+ -> iOS ; 14 ; 8
CFNetwork/.{0,100} Darwin/(20)\.\d+ -> iOS ; 14
CFNetwork/13.{0,100} Darwin/21\.0\.\d+ -> iOS ; 15 ; 0
CFNetwork/13.{0,100} Darwin/21\.1\.\d+ -> iOS ; 15 ; 1
CFNetwork/13.{0,100} Darwin/21\.2\.\d+ -> iOS ; 15 ; 2
CFNetwork/13.{0,100} Darwin/21\.3\.\d+ -> iOS ; 15 ; 3
CFNetwork/13.{0,100} Darwin/21\.4\.\d+ -> iOS ; 15 ; 4
CFNetwork/13.{0,100} Darwin/21\.5\.\d+ -> iOS ; 15 ; 5
CFNetwork/13.{0,100} Darwin/21\.6\.\d+ -> iOS ; 15 ; 6
CFNetwork/.{0,100} Darwin/(21)\.\d+ -> iOS ; 15
CFNetwork/.{0,100} Darwin/22\.([0-5])\.\d+ -> iOS ; 16 ; $1
CFNetwork/.{0,100} Darwin/(22)\.\d+ -> iOS ; 16
CFNetwork/.{0,100} Darwin/23\.([0-5])\.\d+ -> iOS ; 17 ; $1
CFNetwork/.{0,100} Darwin/(23)\.\d+ -> iOS ; 17
CFNetwork/.{0,100} Darwin/24\.([0-5])\.\d+ -> iOS ; 18 ; $1
CFNetwork/.{0,100} Darwin/(24)\.\d+ -> iOS ; 18
CFNetwork/.{0,100} Darwin/ -> iOS
\b(iOS[ /]|iOS; |iPhone(?:/| v|[ _]OS[/,]|; | OS : |\d,\d/|\d,\d; )|iPad/)(\d{1,2})[_\.](\d{1,2})(?:[_\.](\d+)|) -> iOS
\((iOS);
(watchOS)[/ ](\d+)\.(\d+)(?:\.(\d+)|) -> WatchOS
Outlook-(iOS)/\d+\.\d+\.prod\.iphone
(iPod|iPhone|iPad) -> iOS
(tvOS)[/ ](\d+)\.(\d+)(?:\.(\d+)|) -> tvOS
(CrOS) [a-z0-9_]+ (\d+)\.(\d+)(?:\.(\d+)|) -> Chrome OS
([Dd]ebian) -> Debian
(Linux Mint)(?:/(\d+)|)
(Mandriva)(?: Linux|)/(?:[\d.-]+m[a-z]{2}(\d+).(\d)|)
(Symbian[Oo][Ss])[/ ](\d+)\.(\d+) -> Symbian OS
(Symbian/3).{1,200}NokiaBrowser/7\.3 -> Symbian^3 Anna
(Symbian/3).{1,200}NokiaBrowser/7\.4 -> Symbian^3 Belle
(Symbian/3) -> Symbian^3
\b(Series 60|SymbOS|S60Version|S60V\d|S60\b) -> Symbian OS
(MeeGo)
Symbian [Oo][Ss] -> Symbian OS
Series40; -> Nokia Series 40
Series30Plus; -> Nokia Series 30 Plus
(BB10);.{1,200}Version/(\d+)\.(\d+)\.(\d+) -> BlackBerry OS
(Black[Bb]erry)[0-9a-z]+/(\d+)\.(\d+)\.(\d+)(?:\.(\d+)|) -> BlackBerry OS
(Black[Bb]erry).{1,200}Version/(\d+)\.(\d+)\.(\d+)(?:\.(\d+)|) -> BlackBerry OS
(RIM Tablet OS) (\d+)\.(\d+)\.(\d+) -> BlackBerry Tablet OS
(Play[Bb]ook) -> BlackBerry Tablet OS
(Black[Bb]erry) -> BlackBerry OS
(K[Aa][Ii]OS)\/(\d+)\.(\d+)(?:\.(\d+)|) -> KaiOS
\((?:Mobile|Tablet);.{1,200}Gecko/18.0 Firefox/\d+\.\d+ -> Firefox OS ; 1 ; 0 ; 1
\((?:Mobile|Tablet);.{1,200}Gecko/18.1 Firefox/\d+\.\d+ -> Firefox OS ; 1 ; 1
\((?:Mobile|Tablet);.{1,200}Gecko/26.0 Firefox/\d+\.\d+ -> Firefox OS ; 1 ; 2
\((?:Mobile|Tablet);.{1,200}Gecko/28.0 Firefox/\d+\.\d+ -> Firefox OS ; 1 ; 3
\((?:Mobile|Tablet);.{1,200}Gecko/30.0 Firefox/\d+\.\d+ -> Firefox OS ; 1 ; 4
\((?:Mobile|Tablet);.{1,200}Gecko/32.0 Firefox/\d+\.\d+ -> Firefox OS ; 2 ; 0
\((?:Mobile|Tablet);.{1,200}Gecko/34.0 Firefox/\d+\.\d+ -> Firefox OS ; 2 ; 1
\((?:Mobile|Tablet);.{1,200}Firefox/\d+\.\d+ -> Firefox OS
(BREW)[ /](\d+)\.(\d+)\.(\d+)
(BREW);
(Brew MP|BMP)[ /](\d+)\.(\d+)\.(\d+) -> Brew MP
BMP; -> Brew MP
(GoogleTV)(?: (\d+)\.(\d+)(?:\.(\d+)|)|/[\da-z]+)
(WebTV)/(\d+).(\d+)
(hpw|web)OS/(\d+)\.(\d+)(?:\.(\d+)|) -> webOS
(VRE);
(Fedora|Red Hat|PCLinuxOS|Puppy|Ubuntu|Kindle|Bada|Sailfish|Lubuntu|BackTrack|Slackware|(?:Free|Open|Net|\b)BSD)[/ ](\d+)\.(\d+)(?:\.(\d+)|)(?:\.(\d+)|)
(Linux)[ /](\d+)\.(\d+)(?:\.(\d+)|).{0,100}gentoo -> Gentoo
\((Bada);
(Windows|Android|WeTab|Maemo|Web0S)
(Ubuntu|Kubuntu|Arch Linux|CentOS|Slackware|Gentoo|openSUSE|SUSE|Red Hat|Fedora|PCLinuxOS|Mageia|SerenityOS|(?:Free|Open|Net|\b)BSD)
(Linux)(?:[ /](\d+)\.(\d+)(?:\.(\d+)|)|)
SunOS -> Solaris
\(linux-gnu\) -> Linux
\(x86_64-redhat-linux-gnu\) -> Red Hat
\((freebsd)(\d+)\.(\d+)\) -> FreeBSD
linux -> Linux
^(Roku)/DVP-(\d+)\.(\d+) -> Mac OS X ; $1 ; $2 ; $3
`;
